// Empties dist before tsc writes it anew. The messenger stays: it has a stamp of its own (build-web.mjs).
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(import.meta.dirname, '../dist');
for (const name of existsSync(dist) ? readdirSync(dist) : [])
  if (name !== 'web') rmSync(join(dist, name), { recursive: true, force: true });
