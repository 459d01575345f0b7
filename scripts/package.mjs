// In the repository `#app/*` and `tertulia` mean the sources; in the package that npm packs they mean what tsc built,
// since nobody who imports it passes --conditions=dist. `prepack` writes that, `postpack` takes it back.
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(import.meta.dirname, '..', 'package.json');
const original = `${file}.orig`;

if (existsSync(original)) renameSync(original, file); // also after a pack that was interrupted
if (process.argv[2] === 'prepack') {
  copyFileSync(file, original);
  const {
    scripts: _scripts,
    devDependencies: _dev,
    allowScripts: _allowed,
    ...manifest
  } = JSON.parse(readFileSync(file, 'utf8'));
  manifest.imports = { '#app/*.ts': { types: './dist/*.d.ts', default: './dist/*.js' } };
  manifest.exports = {
    '.': { types: './dist/index.d.ts', default: './dist/index.js' },
    './package.json': './package.json',
  };
  writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
