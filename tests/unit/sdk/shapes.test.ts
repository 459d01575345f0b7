import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asyncApiDocument } from '#app/interfaces/http/documents/asyncapi.ts';
import type { AsyncApiDocument, JsonSchema } from '../../../clients/sdk/src/cli/catalogue-types.ts';
import type { Guard } from '../../../clients/sdk/src/link/guards.ts';
import { eventShapes, replyShapes } from '../../../clients/sdk/src/link/shapes.ts';
import { welcomeIn } from '../../../clients/sdk/src/link/welcome.ts';
import { everyCommand } from '../../support/every-command.ts';

const { channels, components } = asyncApiDocument(await everyCommand(), '0') as unknown as AsyncApiDocument;
const carried = (message: string): JsonSchema => {
  const { data } = channels.socket.messages[message]?.payload.properties ?? {};
  if (!data) throw new Error(`the document does not know ${message}`);
  return data;
};

/** Whatever the documents of the server allow. */
const arbitraryOf = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  const choices = schema.oneOf ?? schema.anyOf;
  if (schema.$ref !== undefined) return arbitraryOf(components.schemas[schema.$ref.split('/').at(-1)!]!); // it is there
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (choices) return fc.oneof(...choices.map(arbitraryOf));
  switch (schema.type) {
    case 'object':
      return recordOf(schema);
    case 'array':
      return fc.array(arbitraryOf(schema.items as JsonSchema), { maxLength: 4 });
    case 'integer':
    case 'number':
      return fc.oneof(fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER));
    case 'boolean':
      return fc.boolean();
    case 'string':
      return textOf(schema as { format?: string });
    case undefined:
    default:
      throw new Error(`what is ${JSON.stringify(schema)}?`);
  }
};
const textOf = ({ format }: { format?: string }) => {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') return fc.date({ noInvalidDate: true, min: new Date(0) }).map((at) => at.toISOString());
  return fc.string({ maxLength: 64 });
};
const recordOf = ({ properties = {}, required = [] }: JsonSchema) =>
  fc.record(Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, arbitraryOf(field)])), {
    requiredKeys: [...required],
    noNullPrototype: true,
  });

const guarded: readonly (readonly [string, JsonSchema, Guard])[] = [
  ...Object.entries(eventShapes).map(([type, guard]) => [type, carried(`event.${type}`), guard] as const),
  ...Object.entries(replyShapes).map(([type, guard]) => [type, carried(`${type}.reply`), guard] as const),
];

describe('what is looked at', () => {
  it('is every event of the catalogue', () => {
    const known = Object.keys(channels.socket.messages).flatMap((name) => /^event\.(.+)$/.exec(name)?.[1] ?? []);
    expect(Object.keys(eventShapes).toSorted()).toEqual(known.toSorted());
  });

  it.each(guarded)('%s passes in every form that the catalogue allows', (_type, schema, guard) => {
    fc.assert(
      fc.property(arbitraryOf(schema), (data) => {
        // as it comes over the wire
        expect(guard(JSON.parse(JSON.stringify(data)))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it.each(guarded)('%s does not pass with a field of the wrong kind', (_type, schema, guard) => {
    fc.assert(
      fc.property(arbitraryOf(schema), fc.nat(), fc.constantFrom(...wrong), (data, at, garbage) => {
        const whole: unknown = JSON.parse(JSON.stringify(data));
        const places = [...placesIn(whole)];
        if (places.length === 0) return;
        const [parent, key] = places[at % places.length]!; // there is one
        if (isOpen(parent, key) || kindOf(parent[key]) === kindOf(garbage)) return;
        parent[key] = garbage;
        expect(guard(whole)).toBe(key === 'kind' && 'kind' in parent && typeof garbage === 'string');
      }),
      { numRuns: 300 },
    );
  });

  it('takes every welcome of the catalogue as it is', () => {
    fc.assert(
      fc.property(arbitraryOf(carried('auth.reply')), (data) => {
        const { userId, epoch, urev } = data as { userId: string; epoch: string; urev: number };
        fc.pre(epoch !== '');
        expect(welcomeIn(data as Readonly<Record<string, unknown>>)).toMatchObject({ userId, epoch, urev });
      }),
    );
  });
});

/** Whatever it holds is for whoever asked, or for the eye alone. */
const isOpen = (parent: object, key: string): boolean =>
  ['content', 'since', 'email', 'emailConfirmed', 'lastSeenVisible'].includes(key) ||
  (key === 'createdAt' && 'emailConfirmed' in parent);

const wrong = [null, -1, 1.5, 2 ** 53, 'x'.repeat(2_000_000), true, [], {}, [[]], [null]];
const kindOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'number' ? `number ${Number.isSafeInteger(value) && value >= 0}` : typeof value;
};

type Place = readonly [Record<string, unknown>, string];

/** Every field of every object that a guard knows of. */
const placesIn = function* (value: unknown): Generator<Place> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    if (!Array.isArray(value)) yield [value as Record<string, unknown>, key];
    if (key !== 'content') yield* placesIn(part);
  }
};
