import { type FileHandle, open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts a file in the place of another, whole or not at all, readable by this user alone. Resolves when the disk has it.
 * @returns the new file, open for reading and writing
 */
export const writeWhole = async (path: string, content: string): Promise<FileHandle> => {
  const file = await writeNext(path, content);
  try {
    await putInPlace(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
};

/** The first half: the new file is on the disk, beside the old one. */
export const writeNext = async (path: string, content: string): Promise<FileHandle> => {
  const file = await open(nextOf(path), 'w+', 0o600);
  try {
    await file.chmod(0o600); // one left over by a kill keeps the mode that it has
    await file.writeFile(content);
    await file.sync();
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
};

/** The second half: it takes the name. */
export const putInPlace = async (path: string): Promise<void> => {
  await rename(nextOf(path), path);
  if (process.platform === 'win32') return; // folders can't be opened there
  // A name is on the disk only when its folder is.
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

const nextOf = (path: string): string => `${path}.next`;
