import { Parser } from '@asyncapi/parser';
import { Validator } from '@seriousme/openapi-schema-validator';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { command } from '#app/interfaces/commands/command.ts';
import { asyncApiDocument } from '#app/interfaces/http/documents/asyncapi.ts';
import { exampleOf } from '#app/interfaces/http/documents/example.ts';
import { JsonSchemas, type Draft } from '#app/interfaces/http/documents/json-schema.ts';
import { openApiDocument } from '#app/interfaces/http/documents/openapi.ts';
import { routesOf } from '#app/interfaces/http/router.ts';
import { events } from '#app/interfaces/protocol/events.ts';
import { conversationId, integer, messageId, seq } from '#app/interfaces/protocol/primitives.ts';
import { everyCommand } from '../../../support/every-command.ts';

type Json = Record<string, unknown>;
interface Operation {
  readonly security: readonly object[];
  readonly parameters?: readonly { name: string; in: string; required: boolean; schema: Json }[];
  readonly requestBody?: { required: boolean; content: Record<string, { schema: Json }> };
  readonly responses: Json;
}
type Paths = Record<string, Record<string, Operation>>;

const commands = await everyCommand();
const openApi = openApiDocument(commands, '1.2.3') as { paths: Paths; components: { schemas: Json } };
const asyncApi = asyncApiDocument(commands, '1.2.3') as { channels: { socket: { messages: Json } } };
const copyOf = <T>(document: T) => JSON.parse(JSON.stringify(document)) as T & Json;

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    expect(await validator.validate(copyOf(openApi))).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
    expect(() => validator.resolveRefs()).not.toThrow();
  });

  it.each([
    ['a path without its slash', (document: Json) => ({ ...document, paths: { 'v1/x': {} } })],
    ['a response without a description', (document: Json) => ({ ...document, components: { responses: { x: {} } } })],
    ['no title', (document: Json) => ({ ...document, info: { version: '1' } })],
  ])('would not be with %s', async (_what, broken) => {
    expect(await new Validator().validate(broken(copyOf(openApi)))).toMatchObject({ valid: false });
  });

  it('holds every route of every command, and who may call it', () => {
    for (const { path, method, command: row } of routesOf(commands))
      expect(openApi.paths[path]?.[method.toLowerCase()]).toMatchObject({
        security: row.access === 'user' ? [{ bearer: [] }] : [],
        'x-access': row.access,
        'x-limit-class': row.limit,
      });
  });

  it('names the header of sessions in cookies where it means something', () => {
    const named = Object.entries(openApi.paths)
      .filter(([, { post }]) => post?.parameters?.some(({ name }) => name === 'tertulia-session'))
      .map(([path]) => path);
    expect(named.filter((path) => !path.startsWith('/v1/commands/')).toSorted()).toEqual([
      '/v1/session/guest',
      '/v1/session/login',
      '/v1/session/logout',
      '/v1/session/refresh',
      '/v1/sessions/revoke-all',
      '/v1/users',
    ]);
    expect(named.filter((path) => path.startsWith('/v1/commands/'))).toHaveLength(6);
  });

  it('names each operation once', () => {
    const ids = Object.values(openApi.paths).flatMap((path) =>
      Object.values(path).map((operation) => (operation as unknown as { operationId: string }).operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('refers to nothing that is not there', () => {
    for (const reference of referencesIn(openApi))
      expect([reference, resolved(openApi, reference)]).not.toContain(undefined);
  });

  it('splits the input between path, query and body', () => {
    const input = v.object({
      conversationId,
      seq,
      text: v.optional(v.string()),
      limit: v.optional(integer(1, 100), 50),
    });
    const row = (type: string, method: 'GET' | 'PUT') =>
      command({
        ...{ type, summary: 'For tests.', access: 'user', limit: 'read', input, output: v.object({}) },
        http: { method, path: '/v1/conversations/{conversationId}/things/{seq}' },
        run: async () => ({}),
      });
    const { paths } = openApiDocument([row('thing.get', 'GET'), row('thing.put', 'PUT')], '1') as { paths: Paths };
    const { get, put } = paths['/v1/conversations/{conversationId}/things/{seq}'] ?? {};
    expect(get?.parameters?.map((p) => [p.name, p.in, p.required])).toEqual([
      ['conversationId', 'path', true],
      ['seq', 'path', true],
      ['text', 'query', false],
      ['limit', 'query', false],
    ]);
    expect(get?.parameters?.map((p) => p.schema)).toMatchObject([
      { type: 'string', format: 'uuid' },
      { type: 'integer', minimum: 0 },
      { type: 'string' },
      { type: 'integer', minimum: 1, maximum: 100, default: 50 },
    ]);
    expect(get?.requestBody).toBeUndefined();
    expect(put?.parameters?.map((p) => p.in)).toEqual(['path', 'path']);
    expect(put?.requestBody?.content['application/json']?.schema).toMatchObject({
      properties: { text: { type: 'string' } },
      required: [],
    });
  });
});

describe('the AsyncAPI document', () => {
  const problemsOf = async (document: Json) => {
    const diagnostics = await new Parser().validate(document as unknown as Parameters<Parser['validate']>[0]);
    return diagnostics
      .filter(({ severity }) => severity === 0)
      .map(({ message, path }) => `${path.join('.')}: ${message}`);
  };

  it('is valid AsyncAPI 3', async () => {
    expect(await problemsOf(copyOf(asyncApi))).toEqual([]);
  }, 60_000); // the parser needs seconds for a hundred messages, and more on a busy machine

  it('would not be with a reference to nothing', async () => {
    const broken = copyOf(asyncApiDocument(commands.slice(0, 1), '1.2.3') as typeof asyncApi);
    expect(await problemsOf(copyOf(broken))).toEqual([]);
    delete broken.channels.socket.messages['refusal'];
    expect(await problemsOf(broken)).not.toEqual([]);
  });

  it('holds every command with its reply, and every event', () => {
    const names = Object.keys(asyncApi.channels.socket.messages);
    expect(names).toEqual(expect.arrayContaining(commands.flatMap(({ type }) => [type, `${type}.reply`])));
    expect(names).toEqual(expect.arrayContaining(Object.keys(events).map((type) => `event.${type}`)));
  });
});

describe('the examples', () => {
  it.each(commands.map((row) => [row.type, row] as const))('for %s are what it takes and answers', (_type, row) => {
    for (const draft of ['draft-2020-12', 'draft-07'] satisfies Draft[]) {
      const schemas = new JsonSchemas(draft);
      const example = (schema: Json) => exampleOf(schema, schemas.shared());
      expect(v.safeParse(row.input, example(schemas.inputOf(row)))).toMatchObject({ success: true });
      expect(v.safeParse(row.output, example(schemas.output(row.output)))).toMatchObject({ success: true });
    }
  });

  it.each(Object.entries(events))('for %s are what it carries', (_type, { data }) => {
    const schemas = new JsonSchemas('draft-07');
    expect(v.safeParse(data, exampleOf(schemas.output(data), schemas.shared()))).toMatchObject({ success: true });
  });
});

describe('JSON Schema', () => {
  it('says what the domain demands of ids, counters and optional fields', () => {
    const schema = new JsonSchemas('draft-2020-12').input(v.object({ messageId, seq: v.optional(seq) }));
    expect(schema).toMatchObject({
      properties: {
        messageId: { type: 'string', format: 'uuid' },
        seq: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
      },
      required: ['messageId'],
    });
  });

  it('is refused for what it can not say, rather than left out', () => {
    expect(() => new JsonSchemas('draft-07').input(v.object({ at: v.date() }))).toThrow(/date/);
  });
});

const referencesIn = (node: unknown): readonly string[] => {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value] : referencesIn(value),
  );
};

const resolved = (document: unknown, reference: string): unknown =>
  reference
    .replace('#/', '')
    .split('/')
    .reduce<unknown>((node, key) => (node as Json | undefined)?.[key], document);
