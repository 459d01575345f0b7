import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';

const FIRST_LOAD = 150 * 1_024;
const ENTRY = 'index.html';
/** Behind a dynamic import, and asked for by every page at once. */
const MESSENGER = 'src/app/Messenger.tsx';

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
}

const web = fileURLToPath(new URL('../../../clients/web', import.meta.url));
let built: string;
let chunks: Readonly<Record<string, Chunk>>;

beforeAll(async () => {
  built = await mkdtemp(join(tmpdir(), 'tertulia-web-'));
  const vite = fileURLToPath(new URL('bin/vite.js', import.meta.resolve('vite/package.json')));
  await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', built, '--manifest', '--logLevel', 'error'], {
    cwd: web,
    env: { ...process.env, NODE_ENV: 'production' },
  });
  chunks = JSON.parse(await readFile(join(built, '.vite/manifest.json'), 'utf8'));
});
afterAll(() => rm(built, { recursive: true, force: true }));

/** A chunk and all that it can't do without. */
const closure = (key: string, known = new Set<string>()): Set<string> => {
  if (!known.has(key)) {
    known.add(key);
    for (const next of chunks[key]?.imports ?? []) closure(next, known);
  }
  return known;
};

it('needs at most 150 KB of JavaScript before one can talk', async ({ annotate }) => {
  expect(chunks[ENTRY]?.dynamicImports).toContain(MESSENGER);
  const keys = closure(MESSENGER, closure(ENTRY));
  const files = [...keys].flatMap((key) => chunks[key]?.file ?? []);
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(join(built, file))).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  await annotate(`${total} bytes: ${files.map((file, n) => `${file} ${sizes[n]}`).join(', ')}`);
  expect(total).toBeGreaterThan(50_000); // it is the real thing
  expect(total).toBeLessThanOrEqual(FIRST_LOAD);
});

it('leaves menus, settings, details and other languages for later', () => {
  const first = closure(MESSENGER, closure(ENTRY));
  const later = Object.keys(chunks).filter((key) => /(MenuBox|Settings|Details)\.tsx$|i18n\/(ru|zh)\.ts$/.test(key));
  expect(later).toHaveLength(5);
  for (const key of later) expect(first).not.toContain(key);
});

it('has no inline script or style, no source map, and names by which each asset can be kept for ever', async () => {
  const page = await readFile(join(built, ENTRY), 'utf8');
  expect(page).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  const assets = await readdir(join(built, 'assets'));
  expect(assets.filter((name) => !/-[\w-]{8}\.(js|css)$/.test(name))).toEqual([]);
  for (const name of assets)
    expect(await readFile(join(built, 'assets', name), 'utf8'), name).not.toMatch(
      /sourceMappingURL=|\beval\(|new Function\(/,
    );
});
