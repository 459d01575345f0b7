// Compiles src into dist, unless dist is what these sources were compiled into (--force compiles all the same). The
// messenger in dist/web stays: it is built by build-web.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashOf } from './sources.mjs';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const stamp = join(dist, '.built');
const sources = hashOf('src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json', 'scripts/build-server.mjs');

if (process.argv.includes('--force') || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== sources) {
  mkdirSync(dist, { recursive: true });
  for (const name of readdirSync(dist)) if (name !== 'web') rmSync(join(dist, name), { recursive: true, force: true });
  const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (status === 0) writeFileSync(stamp, sources);
  else process.exitCode = 1;
}
