import type { Brand } from './brand.ts';
import { invalid } from './domain-error.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const uuid =
  <Name extends string>(form: RegExp, expected: string) =>
  (value: string): Brand<string, Name> => {
    const canonical = value.length === 36 ? value.toLowerCase() : value;
    if (!form.test(canonical)) throw invalid('', expected);
    return canonical as Brand<string, Name>;
  };

export type UserId = Brand<string, 'UserId'>;
export const UserId = uuid<'UserId'>(UUID, 'a UUID');

export type ConversationId = Brand<string, 'ConversationId'>;
export const ConversationId = uuid<'ConversationId'>(UUID_V7, 'a UUIDv7');

/** Chosen by the client; any timestamp inside is accepted, for order comes from `seq` alone. */
export type MessageId = Brand<string, 'MessageId'>;
export const MessageId = uuid<'MessageId'>(UUID_V7, 'a UUIDv7');

export type SessionId = Brand<string, 'SessionId'>;
export const SessionId = uuid<'SessionId'>(UUID, 'a UUID');

export type ApiKeyId = Brand<string, 'ApiKeyId'>;
export const ApiKeyId = uuid<'ApiKeyId'>(UUID, 'a UUID');

/** Node incarnation and a counter, so that two nodes can't make the same one. */
export type ConnectionId = Brand<string, 'ConnectionId'>;
export const ConnectionId = (value: string) => value as ConnectionId;
