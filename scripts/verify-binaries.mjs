// The transport is a native binary from a repackaged source: what is loaded must be what was reviewed.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const folder = process.argv[2] ?? join(root, 'node_modules', 'uWebSockets.js');
const wanted = new Map(
  readFileSync(join(import.meta.dirname, 'uwebsockets.sha256'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/).toReversed()),
);

const failures = [];
for (const [file, hash] of wanted) {
  try {
    const found = createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex');
    if (found !== hash) failures.push(`${file}: expected ${hash}, found ${found}`);
  } catch (error) {
    failures.push(`${file}: ${error.code ?? error}`);
  }
}
const binary = /_127\.node$|\.mjs$/; // 127 is the module version of Node 22, the only one loaded
for (const file of readdirSync(folder, { recursive: true }).map(String)) {
  if (binary.test(file) && !wanted.has(file)) failures.push(`${file}: not in scripts/uwebsockets.sha256`);
}

if (failures.length > 0) {
  console.error(`uWebSockets.js in ${folder} is not the one that was reviewed:\n  ${failures.join('\n  ')}`);
  process.exit(1);
}
