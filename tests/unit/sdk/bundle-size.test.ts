import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';

const sdk = join(import.meta.dirname, '../../../clients/sdk/src');
const ENTRY = '\0entry';

/** What a page loads that imports this of the SDK: bundled, minified, and as servers send it. */
const gzipped = async (exported: string): Promise<number> => {
  const bundle = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === ENTRY ? ENTRY : undefined),
        load: (id) => (id === ENTRY ? `export ${exported} from '${join(sdk, 'index.ts')}'` : undefined),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      rolldownOptions: { input: ENTRY, preserveEntrySignatures: 'strict', output: { format: 'es', minify: true } },
    },
  });
  if (!('output' in bundle)) throw new Error('there is one bundle');
  const code = bundle.output.map((part) => ('code' in part ? part.code : '')).join('');
  return gzipSync(code, { level: 9 }).length;
};

// The aim is 15 KB for all of it. These are what it is, so that it grows only by decision.
describe('the client in a page', () => {
  it.each([
    ['{ createClient }', 17_900],
    ['*', 19_600],
  ])('export %s is at most %i bytes of gzip', { timeout: 60_000 }, async (exported, most) => {
    expect(await gzipped(exported)).toBeLessThanOrEqual(most);
  });

  it('costs nothing that is not imported', { timeout: 60_000 }, async () => {
    expect(await gzipped('{ Refused }')).toBeLessThan(400);
  });
});
