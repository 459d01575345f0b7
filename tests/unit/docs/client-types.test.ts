import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument } from '#app/interfaces/http/documents/asyncapi.ts';
import {
  addedModule,
  type AsyncApiDocument,
  catalogueModule,
  knownModule,
} from '../../../clients/sdk/src/cli/catalogue-types.ts';
import { known } from '../../../clients/sdk/src/generated/known.ts';
import { everyCommand } from '../../support/every-command.ts';

const generated = join(import.meta.dirname, '../../../clients/sdk/src/generated');
const commands = (await everyCommand()).toSorted((a, b) => (a.type < b.type ? -1 : 1));
const document = asyncApiDocument(commands, '0') as unknown as AsyncApiDocument;

describe('the types of the client (run with -u to write them anew)', () => {
  it('are those of the catalogue', async () => {
    await expect(catalogueModule(document)).toMatchFileSnapshot(join(generated, 'catalogue.ts'));
  });

  it('know their names', async () => {
    await expect(knownModule(document)).toMatchFileSnapshot(join(generated, 'known.ts'));
  });
});

describe('the types that a host program adds', () => {
  const message = (data: object) => ({ summary: 'It */ ends.', payload: { properties: { data } } });
  const adding = (messages: object, schemas: object = {}) =>
    addedModule(
      {
        channels: { socket: { messages: { ...document.channels.socket.messages, ...messages } } },
        components: { schemas: { ...document.components.schemas, ...schemas } },
      },
      known,
    );
  const reply = message({ $ref: '#/components/schemas/Message' });

  it('are none without commands of its own', () => {
    expect(adding({})).not.toContain('interface');
  });

  it('name a command with what it takes and gives, and import the rows that it uses', () => {
    const input = { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'null' } }, required: ['a'] };
    const text = adding({ 'note.pin': message(input), 'note.pin.reply': reply });
    expect(text).toContain("import type { MessageRow } from '@tertulia/client';");
    expect(text).toMatch(
      /'note\.pin': \{\s+readonly input: \{\s+readonly a: number;\s+readonly b\?: null \| undefined;/,
    );
    expect(text).toContain('readonly output: MessageRow;');
  });

  it('declare rows and events that this version does not know', () => {
    const event = message({ type: 'object', properties: { n: { $ref: '#/x/Note' } } });
    const text = adding(
      { 'event.note.pinned': event },
      { Note: { type: 'object', properties: { id: { type: 'string' } } } },
    );
    expect(text).toContain('export interface NoteRow');
    expect(text).toMatch(/interface Events \{[^]*'note\.pinned': \{\s+readonly n\?: NoteRow;/);
  });

  it('let no text of a server out of its quotes', () => {
    const nasty = "'; process.exit(); //\\";
    const text = adding({
      [nasty]: message({ type: 'object', properties: { [nasty]: { const: nasty } } }),
      [`${nasty}.reply`]: reply,
    });
    expect(text).not.toContain('It */ ends');
    expect(text.split(String.raw`'\'; process.exit(); //\\'`)).toHaveLength(4);
    expect(text.split('process.exit')).toHaveLength(4);
    expect(() => adding({}, { 'a;b': { type: 'string' } })).toThrow('"a;b" can\'t be the name of a type');
  });
});
