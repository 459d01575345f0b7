import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument } from '#app/interfaces/http/documents/asyncapi.ts';
import { type AsyncApiDocument, catalogueModule } from '../../../clients/sdk/src/cli/catalogue-types.ts';
import { everyCommand } from '../../support/every-command.ts';

const generated = join(import.meta.dirname, '../../../clients/sdk/src/generated/catalogue.ts');
const byType = (a: { type: string }, b: { type: string }) => (a.type < b.type ? -1 : 1);

describe('the types of the client', () => {
  it('are those of the catalogue (run with -u to write them anew)', async () => {
    const commands = (await everyCommand()).toSorted(byType);
    const document = asyncApiDocument(commands, '0') as unknown as AsyncApiDocument;
    await expect(catalogueModule(document)).toMatchFileSnapshot(generated);
  });
});
