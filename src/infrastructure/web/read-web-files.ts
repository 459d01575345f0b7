import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { CannotStart } from '#app/application/cannot-start.ts';
import type { WebFile, WebFiles } from '#app/application/ports/web-files.ts';

/** All of it stays in memory, what was compressed included. In bytes. */
export const MAX_WEB_BYTES = 10_485_760;

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.wav': 'audio/wav',
};
const COMPRESSED = ['.br', '.gz'];

/**
 * Reads a built web client once, with what the build compressed beside it (`x.js.br`, `x.js.gz`). Undefined when none was
 * built there. Files whose name begins with a dot are the build's own.
 * @throws CannotStart when it is too large or holds a file of an unknown kind
 */
export const readWebFiles = async (folder: string): Promise<WebFiles | undefined> => {
  const paths = await pathsIn(folder);
  if (!paths.includes('index.html')) return undefined;
  const contents = await contentsOf(folder, paths);
  const files = new Map<string, WebFile>();
  for (const path of paths.filter((name) => !COMPRESSED.includes(extname(name)))) {
    const type = types[extname(path)];
    if (type === undefined) throw new CannotStart([`${join(folder, path)}: the web client holds no such files`]);
    files.set(`/${path.split(sep).join('/')}`, fileOf(type, path, contents));
  }
  return files;
};

const fileOf = (type: string, path: string, contents: ReadonlyMap<string, Uint8Array>): WebFile => {
  const plain = contents.get(path) ?? new Uint8Array();
  const [br, gzip] = COMPRESSED.map((suffix) => contents.get(path + suffix));
  const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return { type, hash, plain, ...(br && { br }), ...(gzip && { gzip }) };
};

const pathsIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(missing);
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
};

const missing = (error: NodeJS.ErrnoException): [] => {
  if (error.code === 'ENOENT') return [];
  throw error;
};

const contentsOf = async (folder: string, paths: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> => {
  const contents = new Map<string, Uint8Array>();
  let total = 0;
  for (const path of paths) {
    const file = join(folder, path);
    total += (await stat(file)).size; // before it is read: memory is what the bound is for
    if (total > MAX_WEB_BYTES)
      throw new CannotStart([
        `${folder}: a web client of more than ${MAX_WEB_BYTES / 1_048_576} MiB; build it anew, or set WEB_CLIENT to off`,
      ]);
    contents.set(path, await readFile(file));
  }
  return contents;
};
