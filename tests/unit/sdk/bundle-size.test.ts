import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';

const sdk = join(import.meta.dirname, '../../../clients/sdk/src');
const ENTRY = '\0entry';

/** What a page loads that imports this of the SDK: bundled and minified. `sources`: in place of modules. */
const minified = async (entry: string, sources: Readonly<Record<string, string>> = {}): Promise<string> => {
  const inPlace = new Map(Object.entries(sources).map(([module, source]) => [join(sdk, module), source]));
  const bundle = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? ENTRY : undefined),
        load: (id) => (id === ENTRY ? entry : inPlace.get(id)),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: { input: ENTRY, preserveEntrySignatures: 'strict', output: { format: 'es', minify: true } },
    },
  });
  if (!('output' in bundle)) throw new Error('there is one bundle');
  return bundle.output.map((part) => ('code' in part ? part.code : '')).join('');
};

const entryOf = (exported: string, module = 'index.ts') => `export ${exported} from '${join(sdk, module)}'`;

/** As servers send it. */
const gzipped = async (...from: Parameters<typeof minified>): Promise<number> =>
  gzipSync(await minified(...from), { level: 9 }).length;

const NO_STORAGE = { 'outbox/memory-outbox.ts': 'export const memoryOutbox = () => undefined;' };

// The aim is 15 KB for all of it, without storage adapters. These are what it is, so that it grows only by decision.
describe('the client in a page', () => {
  it.each([
    ['createClient', 'without a storage adapter', '{ createClient }', NO_STORAGE, 18_190],
    ['createClient', 'with the one that it takes by itself', '{ createClient }', {}, 18_360],
    ['everything', 'with it', '*', {}, 19_870],
  ])('%s, %s', { timeout: 60_000 }, async (_what, _how, exported, sources, most) => {
    expect(await gzipped(entryOf(exported), sources)).toBeLessThanOrEqual(most);
  });

  it('costs nothing that is not imported', { timeout: 60_000 }, async () => {
    expect(await gzipped(entryOf('{ Refused }'))).toBeLessThan(400);
  });

  // minifiers leave out calls that look as if they did nothing
  it('refuses a text that would not arrive as it is, minified as well', { timeout: 60_000 }, async () => {
    const code = await minified(entryOf('{ demandSendable }', 'outbox/text.ts'));
    const url = `data:text/javascript,${encodeURIComponent(code)}`;
    const { demandSendable } = (await import(url)) as { demandSendable(text: string, most: number): void };
    expect(() => demandSendable('\u{1f600}', 1)).not.toThrow();
    for (const text of ['half \ud83d', '\ude00', 'null \0'])
      expect(() => demandSendable(text, 100)).toThrow('the text is not well-formed');
  });
});
