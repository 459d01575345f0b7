import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CannotStart } from '#app/application/cannot-start.ts';
import { secretIn } from '../system/secret-file.ts';

const BYTES = 48;
const TEXT = /^[A-Za-z0-9_-]{64}$/;

/**
 * The signing secret of a server without DATABASE_URL: made at the first start, the same ever after.
 * @throws CannotStart when the file is not what we wrote, for a new secret would log everybody out unasked
 */
export const localSecret = async (dataDir: string): Promise<string> => {
  const file = join(dataDir, 'jwt-secret');
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const secret = await secretIn(file, BYTES);
  if (!TEXT.test(secret)) {
    throw new CannotStart([
      `DATA_DIR: ${file} is damaged; put it back from a backup, or remove it (then everybody has to log in again)`,
    ]);
  }
  await chmod(file, 0o600);
  return secret;
};
