import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '#app/infrastructure/config/read-config.ts';
import { type Extensions, type Server, startServer } from './server.ts';

export interface StartOptions extends Extensions {
  /** Settings as in docs/configuration.md; the process's environment is not looked at. Without any: the database inside, port 8301. */
  readonly settings?: Readonly<Record<string, string | undefined>>;
}

/** Starts a server in this process. @throws CannotStart with every wrong setting at once */
export const start = async ({ settings = {}, ...extensions }: StartOptions = {}): Promise<Server> =>
  startServer(readConfig(settings), await packageVersion(), extensions);

/** The package's own, found from `src` and from `dist` alike. */
export const packageVersion = async (): Promise<string> => {
  const text = await readFile(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};
