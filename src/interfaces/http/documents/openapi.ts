import type { AnyCommand } from '../../commands/command.ts';
import { type ErrorCode, errorCodes, statusOf } from '../../protocol/errors.ts';
import { type Route, routesOf } from '../router.ts';
import { LIVES, SESSION_HEADER } from '../session-cookie.ts';
import { exampleOf } from './example.ts';
import { type JsonSchema, JsonSchemas } from './json-schema.ts';

/** The HTTP side of the catalogue as an OpenAPI 3.1 document. */
export const openApiDocument = (commands: readonly AnyCommand[], version: string): JsonSchema => {
  const schemas = new JsonSchemas('draft-2020-12');
  const shared = schemas.shared();
  const operation = operations(schemas, shared);
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routesOf(commands)) (paths[route.path] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Tertulia',
      version,
      summary: 'A durable chat service.',
      description:
        'Every command has `POST /v1/commands/{type}`; many have a resource of their own as well. Bodies, codes and limits ' +
        'are those of the WebSocket protocol. Creating commands take an id chosen by the client and are idempotent by it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths: { ...paths, ...pages },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'An access token or an API key.' } },
      schemas: { ...shared, ...bodiesOf(commands, schemas), Problem },
      responses: Object.fromEntries(errorCodes.map((code) => [code, problemResponse(code)])),
    },
  };
};

const operations =
  (schemas: JsonSchemas, shared: Readonly<Record<string, JsonSchema>>) =>
  (route: Route): JsonSchema => {
    const { command, inPath, hasBody } = route;
    const generic = route.path.startsWith('/v1/commands/');
    const whole = schemas.inputOf(command);
    const rest = without(whole, inPath);
    const body = inPath.length === 0 ? componentRef(command, 'Input') : rest;
    const example = omitted(exampleOf(whole, shared) as object, inPath);
    return {
      operationId: generic
        ? `command${pascal(command.type)}`
        : `${pascal(command.type).replace(/^./, (first) => first.toLowerCase())}`,
      summary: command.summary,
      tags: [generic ? 'commands' : command.type.split('.')[0]],
      security: command.access === 'user' ? [{ bearer: [] }] : [],
      'x-access': command.access,
      'x-limit-class': command.limit,
      parameters: [
        ...inPath.map((name) => parameter(name, 'path', whole)),
        ...(hasBody ? [] : Object.keys(propertiesOf(rest)).map((name) => parameter(name, 'query', rest))),
        ...(command.sessionCookie ? [sessionHeader] : []),
      ],
      ...(hasBody &&
        takesSomething(rest) && {
          requestBody: {
            required: Object.keys(example).length > 0,
            content: { 'application/json': { schema: body, example } },
          },
        }),
      responses: {
        '200': {
          description: 'Done; a change is durable.',
          content: {
            'application/json': {
              schema: componentRef(command, 'Output'),
              example: exampleOf(schemas.output(command.output), shared),
            },
          },
        },
        ...Object.fromEntries(
          errorsOf(route).map((code) => [String(statusOf[code]), { $ref: `#/components/responses/${code}` }]),
        ),
      },
    };
  };

const errorsOf = ({ hasBody }: Route): readonly ErrorCode[] =>
  errorCodes.filter((code) => hasBody || (code !== 'too_large' && code !== 'unsupported'));

const bodiesOf = (commands: readonly AnyCommand[], schemas: JsonSchemas) =>
  Object.fromEntries(
    commands
      .filter((command) => command.overHttp !== false)
      .flatMap((command) => [
        [componentName(command, 'Input'), schemas.inputOf(command)],
        [componentName(command, 'Output'), schemas.output(command.output)],
      ]),
  );

const pascal = (type: string): string => type.replace(/(?:^|[._])(\w)/g, (_all, first: string) => first.toUpperCase());
const componentName = (command: AnyCommand, side: 'Input' | 'Output') => `${pascal(command.type)}${side}`;
const componentRef = (command: AnyCommand, side: 'Input' | 'Output') => ({
  $ref: `#/components/schemas/${componentName(command, side)}`,
});

const propertiesOf = (schema: JsonSchema): Readonly<Record<string, JsonSchema>> =>
  (schema['properties'] ?? {}) as Record<string, JsonSchema>;

const choicesOf = (schema: JsonSchema): readonly JsonSchema[] | undefined =>
  (schema['oneOf'] ?? schema['anyOf']) as readonly JsonSchema[] | undefined;

const takesSomething = (schema: JsonSchema): boolean =>
  (choicesOf(schema) ?? [schema]).some((choice) => Object.keys(propertiesOf(choice)).length > 0);

const omitted = (fields: object, names: readonly string[]): object =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

/** An object schema without the fields that come from elsewhere. */
const without = (schema: JsonSchema, names: readonly string[]): JsonSchema => {
  if (names.length === 0) return schema;
  if (choicesOf(schema)) return { oneOf: choicesOf(schema)?.map((choice) => without(choice, names)) };
  const required = ((schema['required'] ?? []) as readonly string[]).filter((name) => !names.includes(name));
  const { examples: _examples, ...rest } = schema;
  return { ...rest, properties: omitted(propertiesOf(schema), names), required };
};

const parameter = (name: string, place: 'path' | 'query', owner: JsonSchema): JsonSchema => {
  const found = (choicesOf(owner) ?? [owner]).find((choice) => name in propertiesOf(choice)) ?? owner;
  const schema = propertiesOf(found)[name] ?? {};
  const required = place === 'path' || ((found['required'] ?? []) as readonly string[]).includes(name);
  return { name, in: place, required, schema, ...(schema['type'] === 'array' && { style: 'form', explode: false }) };
};

const sessionHeader: JsonSchema = {
  name: SESSION_HEADER,
  in: 'header',
  required: false,
  description:
    'For pages of this server: the refresh token goes into an HttpOnly cookie and out of it, and is in no body. ' +
    '`remember` keeps it as long as the session lives, `browser` until the browser is closed.',
  schema: { type: 'string', enum: LIVES },
};

const Problem: JsonSchema = {
  type: 'object',
  description: 'Problem details (RFC 9457). Decide by `code` and `rule`; `detail` is for developers.',
  required: ['type', 'title', 'status', 'code', 'detail', 'errors', 'requestId'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { enum: errorCodes },
    rule: { type: 'string', description: 'Which rule said no.' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      description: 'Every bad field.',
      items: {
        type: 'object',
        required: ['path', 'expected'],
        properties: { path: { type: 'string' }, expected: { type: 'string' } },
      },
    },
    retryAfterMs: { type: 'integer', minimum: 1 },
    requestId: { type: 'string' },
  },
};

const meanings: Readonly<Record<ErrorCode, string>> = {
  unauthenticated: 'No token, or one that is not good.',
  forbidden: 'You may not do this.',
  not_found: 'It does not exist, or you may not know of it.',
  invalid: 'The input is wrong; `errors` says where.',
  conflict: 'The present state does not allow it.',
  rate_limited: 'Too many requests; try again after `Retry-After` seconds.',
  too_large: 'The body, or a text in it, is too long.',
  unavailable: 'Not possible right now; try the same again.',
  unsupported: 'The server does not take this kind of content.',
  internal: 'A fault of the server; it was noted.',
};

const problemResponse = (code: ErrorCode): JsonSchema => ({
  description: meanings[code],
  ...((code === 'rate_limited' || code === 'unavailable') && {
    headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer', minimum: 1 } } },
  }),
  content: {
    'application/problem+json': {
      schema: { $ref: '#/components/schemas/Problem' },
      example: {
        type: `urn:tertulia:problem:${code}`,
        title: 'As the status says',
        status: statusOf[code],
        code,
        detail: meanings[code],
        errors: code === 'invalid' ? [{ path: 'content', expected: 'a string' }] : [],
        requestId: '0193e4a0-5b7c-7d2e-8f10-3c4b5a697887',
      },
    },
  },
});

const page = (operationId: string, summary: string, responses: JsonSchema): JsonSchema => ({
  get: { operationId, summary, tags: ['server'], security: [], 'x-access': 'anyone', responses },
});
const status = (description: string) => ({
  description,
  content: {
    'application/json': {
      schema: { type: 'object', required: ['status'], properties: { status: { type: 'string' } } },
    },
  },
});
const json = {
  '200': { description: 'The document.', content: { 'application/json': { schema: { type: 'object' } } } },
};

const pages = {
  '/healthz': page('healthz', 'Whether the process lives.', { '200': status('It does.') }),
  '/readyz': page('readyz', 'Whether this node wants traffic.', {
    '200': status('It does; the word says how well it is.'),
    '503': status('Not now; the word says why.'),
  }),
  '/v1/openapi.json': page('openapi', 'This document.', json),
  '/v1/asyncapi.json': page('asyncapi', 'The WebSocket protocol as an AsyncAPI 3 document.', json),
};
