// A binary for one platform is an optional package of another one. Where such a one did not arrive whole, npm leaves it out,
// says nothing and succeeds. This names those of package-lock.json that are for this platform and not there: verify-platform.mjs [ROOT]
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.argv[2] ?? join(import.meta.dirname, '..');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const libc = process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
const isForHere = (entry) =>
  entry.optional &&
  entry.os?.includes(process.platform) &&
  (entry.cpu?.includes(process.arch) ?? true) &&
  (entry.libc?.includes(libc) ?? true);

const missing = Object.entries(packages)
  .filter(([path, entry]) => isForHere(entry) && !existsSync(join(root, path, 'package.json')))
  .map(([path]) => path);
if (missing.length > 0) {
  console.error(`npm left out what is for this platform:\n  ${missing.join('\n  ')}`);
  process.exit(1);
}
