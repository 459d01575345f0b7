import { readFile, rm } from 'node:fs/promises';
import { count, id, isRecord, text } from '../link/guards.ts';
import type { SessionStorage, StoredSession } from '../session/session-storage.ts';
import { writeWhole } from './write-whole.ts';

/** Keeps a session in a file (mode 0600) that is replaced as a whole. For one process: two would spend each other's refresh tokens. */
export const fileSession = (path: string): SessionStorage => ({
  load: async () => {
    const content = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    return content === undefined ? undefined : sessionIn(content);
  },
  save: async (session) => {
    await (await writeWhole(path, `${JSON.stringify(session)}\n`)).close();
  },
  clear: () => rm(path, { force: true }),
});

const token = text(8_192);

const sessionIn = (content: string): StoredSession | undefined => {
  try {
    const session: unknown = JSON.parse(content);
    return isStored(session) ? session : undefined;
  } catch {
    return undefined;
  }
};

const isStored = (value: unknown): value is StoredSession =>
  isRecord(value) &&
  id(value['userId']) &&
  token(value['accessToken']) &&
  count(value['accessTokenExpiresAt']) &&
  (value['refreshToken'] === undefined || token(value['refreshToken']));
