import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { banViolations, importViolations, layerOf, parsed } from './support/architecture.ts';

const root = join(import.meta.dirname, '..');
const dependencies = Object.keys(manifest.dependencies);
const files = ['src', 'tests', 'bench', 'examples']
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
      .map((name) => join(folder, name)),
  );
const sources = files.filter((path) => path.startsWith('src/'));
const read = (path: string) => parsed(path, readFileSync(join(root, path), 'utf8'));

describe('the layers', () => {
  it('are all seen', () => {
    const seen = new Set(sources.map(layerOf));
    expect([...seen]).toEqual(
      expect.arrayContaining(['domain', 'application', 'infrastructure', 'interfaces', 'composition']),
    );
  });

  it.each(sources)('%s imports only inward', (path) => {
    expect(importViolations(read(path), dependencies)).toEqual([]);
  });

  it.each([
    ['src/domain/chat/message.ts', "import { SendMessage } from '#app/application/chat/send-message.ts'"],
    ['src/domain/chat/message.ts', "import type { Port } from '../../application/ports/clock.ts'"],
    ['src/domain/chat/message.ts', "export * from '#app/interfaces/protocol/errors.ts'"],
    ['src/domain/chat/message.ts', "import { randomUUID } from 'node:crypto'"],
    ['src/domain/chat/message.ts', "import * as v from 'valibot'"],
    ['src/domain/chat/message.ts', "import '../../../migrations/x.ts'"],
    ['src/application/chat/sync.ts', "const { Client } = await import('pg')"],
    ['src/application/chat/sync.ts', "type Clock = import('#app/infrastructure/system/clock.ts').Clock"],
    ['src/application/chat/sync.ts', "import { setTimeout } from 'node:timers/promises'"],
    ['src/interfaces/ws/dispatcher.ts', "import { Store } from '#app/infrastructure/memory/store.ts'"],
    ['src/interfaces/ws/dispatcher.ts', "import { Store } from '../../infrastructure/memory/store.ts'"],
    ['src/interfaces/ws/dispatcher.ts', "import { App } from 'uWebSockets.js'"],
    ['src/interfaces/ws/dispatcher.ts', "import { readFile } from 'node:fs/promises'"],
    ['src/interfaces/ws/dispatcher.ts', "import { toJsonSchema } from '@valibot/to-json-schema'"],
    ['src/infrastructure/uws/server.ts', "import { Dispatcher } from '#app/interfaces/ws/dispatcher.ts'"],
    ['src/infrastructure/uws/server.ts', "import { container } from 'tsyringe'"],
    ['src/infrastructure/uws/server.ts', "import { compose } from '#app/composition/compose.ts'"],
    ['src/infrastructure/http/server.ts', "import { App } from 'uWebSockets.js'"],
    ['src/infrastructure/http/server.ts', "import { parse } from 'left-pad/parse'"],
    ['src/infrastructure/http/server.ts', 'await import(name)'],
    ['src/composition/compose.ts', "import { main } from '#app/main.ts'"],
    ['src/composition/compose.ts', "import { Store } from '../infrastructure/memory/store.ts'"],
    ['src/stray/file.ts', "import './other.ts'"],
  ])('%s may not: %s', (path, text) => {
    expect(importViolations(parsed(path, text), dependencies)).toHaveLength(1);
  });

  it.each([
    ['src/interfaces/http/openapi.ts', "import * as v from 'valibot'; import { x } from '@valibot/to-json-schema'"],
    [
      'src/infrastructure/uws/server.ts',
      "import { App } from 'uWebSockets.js'; import { x } from '#app/domain/shared/ids.ts'",
    ],
    ['src/application/chat/sync.ts', "import { x } from './page.ts'; import { y } from '../ports/clock.ts'"],
    ['src/main.ts', "import 'reflect-metadata'; import { compose } from '#app/composition/compose.ts'"],
  ])('%s may: %s', (path, text) => {
    expect(importViolations(parsed(path, text), dependencies)).toEqual([]);
  });
});

describe('what must not be written', () => {
  it.each(files)('%s does not', (path) => {
    expect(banViolations(read(path))).toEqual([]);
  });

  it.each([
    ['src/domain/x.ts', 'enum Role { Owner }'],
    ['src/domain/x.ts', 'const enum Role { Owner }'],
    ['tests/x.ts', 'namespace Roles { export const a = 1 }'],
    ['src/infrastructure/config/x.ts', 'process.env.PORT'],
    ['src/infrastructure/config/x.ts', "process['env']"],
    ['src/composition/x.ts', 'const { env } = process; process.env'],
    ['src/domain/x.ts', 'const now = Date.now()'],
    ['src/domain/x.ts', 'const now = new Date()'],
    ['src/application/x.ts', 'const started = performance.now()'],
    ['src/application/x.ts', 'const dice = Math.random()'],
    ['src/application/x.ts', 'setTimeout(() => {}, 5)'],
    ['src/application/x.ts', 'globalThis.setInterval(() => {}, 5)'],
    ['src/application/x.ts', 'const id = crypto.randomUUID()'],
    ['src/interfaces/ws/x.ts', 'JSON.parse(text)'],
    ['src/infrastructure/postgres/x.ts', 'sql.raw(text)'],
    ['src/domain/x.ts', '// TODO later'],
    ['tests/x.ts', '/* FIXME */'],
    ['src/domain/x.ts', '// @ts-ignore'],
    ['src/application/chat/message-service.ts', 'export const x = 1'],
    ['src/application/chat/utils.ts', 'export const x = 1'],
    ['src/application/chat/x.ts', 'class MessageManager {}'],
    ['src/domain/chat/index.ts', "export * from './message.ts'"],
  ])('%s may not hold: %s', (path, text) => {
    expect(banViolations(parsed(path, text))).not.toEqual([]);
  });

  it.each([
    ['src/main.ts', 'process.env'],
    ['src/domain/x.ts', "const at = new Date(0); const text = 'TODO Date.now'; // nothing"],
    ['src/infrastructure/codecs/json.ts', 'JSON.parse(text)'],
    ['src/infrastructure/system/clock.ts', 'Date.now()'],
    ['src/application/x.ts', 'mail.process({ console: 1 })'],
    ['tests/support/x.ts', "declare module 'vitest' { interface A {} }"],
  ])('%s may hold: %s', (path, text) => {
    expect(banViolations(parsed(path, text))).toEqual([]);
  });
});
