// What a build is made of, as one hash: a build is done anew only when it changes.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');

export const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();

/** Not what other packages or other builds put there. */
const isSource = (path) => !/(^|[/\\])(node_modules|dist)[/\\]/.test(relative(root, path));

/** Of these files and folders of the repository; those that are not there count for nothing. */
export const hashOf = (...names) => {
  const hash = createHash('sha256');
  for (const path of names.map((name) => join(root, name)).flatMap(filesOf)) {
    hash.update(`${relative(root, path)}\0`);
    hash.update(readFileSync(path));
    hash.update('\0');
  }
  return hash.digest('hex');
};

const filesOf = (path) => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return [];
  return found.isDirectory() ? filesIn(path).filter(isSource) : [path];
};
