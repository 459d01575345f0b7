import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';

/**
 * What `file` holds; if there is none, as many random bytes as base64url, for its owner alone. Who ask at once get the same, from
 * one process or several, and one that dies in between leaves none or a whole one. What stands in the file is never replaced.
 */
export const secretIn = async (file: string, bytes: number): Promise<string> => {
  const known = await readFile(file, 'utf8').catch(absent);
  if (known !== undefined) return known;
  await write(file, randomBytes(bytes).toString('base64url'));
  return readFile(file, 'utf8');
};

/** Written aside and linked, so that the name never stands for half a secret, and the first of two writers wins. */
const write = async (file: string, secret: string): Promise<void> => {
  const aside = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const handle = await open(aside, 'wx', 0o600);
    try {
      await handle.writeFile(secret);
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
