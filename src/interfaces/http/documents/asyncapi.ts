import type { AnyCommand } from '../../commands/command.ts';
import { errorCodes } from '../../protocol/errors.ts';
import { events } from '../../protocol/events.ts';
import { exampleOf } from './example.ts';
import { type JsonSchema, JsonSchemas } from './json-schema.ts';

const CHANNEL = '#/channels/socket';
const messageRef = (name: string) => ({ $ref: `${CHANNEL}/messages/${name}` });

/** The WebSocket side of the catalogue, and the events, as an AsyncAPI 3 document. */
export const asyncApiDocument = (commands: readonly AnyCommand[], version: string): JsonSchema => {
  const schemas = new JsonSchemas('draft-07');
  const shared = { ...schemas.shared(), RequestId, Refusal };
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Tertulia',
      version,
      description: 'A durable chat service: protocol `tertulia.v1` over WebSocket, JSON text frames.',
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      default: { host: 'localhost:8301', protocol: 'ws', description: 'As it starts without configuration.' },
    },
    channels: {
      socket: {
        address: '/v1/ws',
        description: 'One socket of one device. The first frame is `auth`.',
        messages: messagesOf(commands, schemas, shared),
      },
    },
    operations: { ...requestsOf(commands), ...eventOperations() },
    components: { schemas: shared },
  };
};

/** From the server's side: it receives requests and replies to them, and it sends events. */
const requestsOf = (commands: readonly AnyCommand[]) =>
  Object.fromEntries(
    commands.map(({ type, summary, access, limit }) => [
      type,
      {
        action: 'receive',
        channel: { $ref: CHANNEL },
        summary,
        messages: [messageRef(type)],
        reply: { channel: { $ref: CHANNEL }, messages: [messageRef(`${type}.reply`), messageRef('refusal')] },
        'x-access': access,
        'x-limit-class': limit,
      },
    ]),
  );

const eventOperations = () =>
  Object.fromEntries(
    Object.entries(events).map(([type, { summary }]) => [
      `event.${type}`,
      { action: 'send', channel: { $ref: CHANNEL }, summary, messages: [messageRef(`event.${type}`)] },
    ]),
  );

const messagesOf = (
  commands: readonly AnyCommand[],
  schemas: JsonSchemas,
  shared: Readonly<Record<string, JsonSchema>>,
) => {
  const message = (summary: string, payload: JsonSchema) => ({
    summary,
    payload,
    examples: [{ payload: exampleOf(payload, shared) }],
  });
  const messages: Record<string, object> = { refusal: message('Any request may be refused.', refused) };
  for (const command of commands) {
    const { type, summary, output } = command;
    messages[type] = message(summary, frame({ id: requestId, type: { const: type }, data: schemas.inputOf(command) }));
    messages[`${type}.reply`] = message(
      `The answer to ${type}.`,
      frame({ id: requestId, ok: { const: true }, data: schemas.output(output) }),
    );
  }
  for (const [type, { summary, data }] of Object.entries(events))
    messages[`event.${type}`] = message(summary, frame({ type: { const: type }, data: schemas.output(data) }));
  return messages;
};

const frame = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const requestId: JsonSchema = { $ref: '#/components/schemas/RequestId' };
const RequestId: JsonSchema = {
  description: 'Chosen by the client; the reply carries it back.',
  examples: [7],
  oneOf: [
    { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    { type: 'string', minLength: 1, maxLength: 64 },
  ],
};

const Refusal: JsonSchema = {
  type: 'object',
  description: 'Decide by `code` and `rule`; `message` is for developers.',
  required: ['code', 'message'],
  properties: {
    code: { type: 'string', enum: errorCodes },
    message: { type: 'string' },
    rule: { type: 'string', description: 'Which rule said no.' },
    details: {
      type: 'array',
      description: 'Every bad field.',
      items: {
        type: 'object',
        required: ['path', 'expected'],
        properties: { path: { type: 'string' }, expected: { type: 'string' } },
      },
    },
    retryAfterMs: { type: 'integer', minimum: 1 },
  },
};

const refused = frame({
  id: { description: 'Null when the request gave none that could be read.', oneOf: [requestId, { type: 'null' }] },
  ok: { const: false },
  error: { $ref: '#/components/schemas/Refusal' },
});
