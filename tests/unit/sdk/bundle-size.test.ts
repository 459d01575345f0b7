import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';

const sdk = join(import.meta.dirname, '../../../clients/sdk/src');
const ENTRY = '\0entry';

/** What a page loads that imports this of the SDK: bundled and minified. */
const minified = async (exported: string, from = 'index.ts'): Promise<string> => {
  const bundle = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? ENTRY : undefined),
        load: (id) => (id === ENTRY ? `export ${exported} from '${join(sdk, from)}'` : undefined),
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

/** As servers send it. */
const gzipped = async (exported: string): Promise<number> => gzipSync(await minified(exported), { level: 9 }).length;

// The aim is 15 KB for all of it. These are what it is, so that it grows only by decision.
describe('the client in a page', () => {
  it.each([
    ['{ createClient }', 17_800],
    ['*', 19_300],
  ])('export %s is at most %i bytes of gzip', { timeout: 60_000 }, async (exported, most) => {
    expect(await gzipped(exported)).toBeLessThanOrEqual(most);
  });

  it('costs nothing that is not imported', { timeout: 60_000 }, async () => {
    expect(await gzipped('{ Refused }')).toBeLessThan(400);
  });

  // minifiers leave out calls that look as if they did nothing
  it('refuses a text that would not arrive as it is, minified as well', { timeout: 60_000 }, async () => {
    const code = await minified('{ demandSendable }', 'outbox/text.ts');
    const url = `data:text/javascript,${encodeURIComponent(code)}`;
    const { demandSendable } = (await import(url)) as { demandSendable(text: string, most: number): void };
    expect(() => demandSendable('\u{1f600}', 1)).not.toThrow();
    for (const text of ['half \ud83d', '\ude00', 'null \0'])
      expect(() => demandSendable(text, 100)).toThrow('the text is not well-formed');
  });
});
