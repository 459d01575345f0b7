import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CannotStart } from '#app/application/cannot-start.ts';

const BYTES = 48;
const TEXT = /^[A-Za-z0-9_-]{64}$/;

/**
 * The signing secret of a server without DATABASE_URL: made at the first start, the same ever after. Two processes that
 * start at once get the same one, and one that dies in between leaves none or a whole one.
 * @throws CannotStart when the file is not what we wrote, for a new secret would log everybody out unasked
 */
export const localSecret = async (dataDir: string): Promise<string> => {
  const file = join(dataDir, 'jwt-secret');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const known = await readFile(file, 'utf8').catch(absent);
  if (known === undefined) await write(file);
  const secret = known ?? (await readFile(file, 'utf8'));
  if (!TEXT.test(secret)) {
    throw new CannotStart([
      `DATA_DIR: ${file} is damaged; put it back from a backup, or remove it (then everybody has to log in again)`,
    ]);
  }
  await chmod(file, 0o600);
  return secret;
};

/** Written aside and linked, so that the name never stands for half a secret, and the first of two writers wins. */
const write = async (file: string): Promise<void> => {
  const aside = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const handle = await open(aside, 'wx', 0o600);
    try {
      await handle.writeFile(randomBytes(BYTES).toString('base64url'));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await link(aside, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(aside, { force: true });
  }
};

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};
