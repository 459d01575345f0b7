// In the repository the entries of a package (`exports`, `imports`) mean the sources; in what npm packs they mean what tsc
// built, since nobody who imports it passes --conditions=dist. `prepack` writes that into the package.json of the working
// directory, `postpack` takes it back.
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const file = resolve('package.json');
const original = `${file}.orig`;

const built = (entries = {}) =>
  Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, entry.dist ?? entry]));

if (existsSync(original)) renameSync(original, file); // also after a pack that was interrupted
if (process.argv[2] === 'prepack') {
  copyFileSync(file, original);
  const {
    scripts: _scripts,
    devDependencies: _dev,
    allowScripts: _allowed,
    workspaces: _workspaces,
    ...manifest
  } = JSON.parse(readFileSync(file, 'utf8'));
  if (manifest.imports) manifest.imports = built(manifest.imports);
  manifest.exports = built(manifest.exports);
  writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}
