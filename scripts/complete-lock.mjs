// Run after npm changed package-lock.json. npm leaves out binaries for other platforms when the registry it asked does
// not carry them, and `npm ci` then refuses the file everywhere. This writes their entries: exact version and platform.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const file = join(import.meta.dirname, '..', 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const one = (name, known) => known.find((word) => new RegExp(`(^|[-/])${word}($|-)`).test(name));

for (const owner of Object.values(lock.packages)) {
  if (!owner.link) delete owner.resolved; // the registry is the reader's choice; a link leads into this tree
  for (const [name, wanted] of Object.entries(owner.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    const os = one(name, [
      'android',
      'darwin',
      'freebsd',
      'linux',
      'netbsd',
      'openbsd',
      'openharmony',
      'sunos',
      'aix',
      'win32',
    ]);
    if (lock.packages[path] || !os) continue;
    if (!/^\d+\.\d+\.\d+[\w.-]*$/.test(wanted)) throw new Error(`${name}: ${wanted} is not an exact version`);
    const cpu = one(name, ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el']);
    const libc =
      os === 'linux'
        ? { musl: 'musl', musleabihf: 'musl', gnu: 'glibc', gnueabihf: 'glibc' }[name.split('-').at(-1)]
        : undefined;
    lock.packages[path] = {
      version: wanted,
      ...(cpu && { cpu: [cpu] }),
      ...(owner.dev && { dev: true }),
      ...(libc && { libc: [libc] }),
      optional: true,
      os: [os],
    };
  }
}
const [root, ...rest] = Object.entries(lock.packages);
lock.packages = Object.fromEntries([root, ...rest.toSorted(([a], [b]) => a.localeCompare(b, 'en'))]);
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
