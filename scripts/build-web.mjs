// Builds the messenger into dist/web: index.html, hashed assets, and beside each the same compressed (.br, .gz).
// Nothing is done while what it is made of is what dist/web was made of (--force builds all the same). A server that
// starts meanwhile finds the old build or the new one, or for an instant none, but never half of one.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { filesIn, hashOf } from './sources.mjs';

const root = join(import.meta.dirname, '..');
const built = join(root, 'dist/web');
const stamp = join(built, '.built');
const fresh = `${built}-${process.pid}`;
const old = `${fresh}-old`;
const COMPRESSIBLE = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg', '.txt']);
const WORTH_IT = 512;

const compress = (path) => {
  const plain = readFileSync(path);
  if (!COMPRESSIBLE.has(extname(path)) || plain.length < WORTH_IT) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  for (const [suffix, small] of [
    ['.br', brotliCompressSync(plain, { params })],
    ['.gz', gzipSync(plain, { level: 9 })],
  ])
    if (small.length < plain.length) writeFileSync(path + suffix, small);
};

const finish = () => {
  for (const path of filesIn(fresh)) compress(path);
  writeFileSync(join(fresh, '.built'), sources);
  if (existsSync(built)) renameSync(built, old);
  renameSync(fresh, built);
};

const sources = hashOf('clients', 'package-lock.json', 'scripts/build-web.mjs');
const unchanged = existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;
if (!unchanged || process.argv.includes('--force')) {
  mkdirSync(join(root, 'dist'), { recursive: true });
  try {
    const vite = fileURLToPath(new URL('bin/vite.js', import.meta.resolve('vite/package.json')));
    const to = relative(join(root, 'clients/web'), fresh);
    const args = [vite, 'build', '--outDir', to, '--emptyOutDir', '--logLevel', 'warn'];
    // Whoever builds: tests say `test`, and React would bring its slow and chatty form.
    const env = { ...process.env, NODE_ENV: 'production' };
    const { status } = spawnSync(process.execPath, args, { cwd: join(root, 'clients/web'), stdio: 'inherit', env });
    if (status !== 0) process.exitCode = 1;
    else finish();
  } finally {
    for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
  }
}
