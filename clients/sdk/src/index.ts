export { createClient } from './client.ts';
export type { Client, ClientEvents, ClientOptions, Incoming, Resent } from './client.ts';
export type { Conversation, Conversations, NewGroup, SendOptions } from './conversation.ts';
export type * from './generated/catalogue.ts';
export { Lost, Refused } from './link/failures.ts';
export type { ErrorCode } from './link/failures.ts';
export type { Link, LinkListener, Status, Stop } from './link/link.ts';
export type { Tokens, TokenSource } from './link/token-source.ts';
export { memoryOutbox } from './outbox/memory-outbox.ts';
export { OutboxFull } from './outbox/outbox-full.ts';
export type { OutboxEntry, OutboxStorage } from './outbox/outbox-storage.ts';
export type { CommandType, EventOf, InputOf, OutputOf, ServerEvent, Welcome } from './protocol.ts';
export { Session } from './session/session.ts';
export type { SessionParts } from './session/session.ts';
export { memorySessionStorage } from './session/session-storage.ts';
export type { SessionStorage, StoredSession } from './session/session-storage.ts';
export { register, signIn, signInAsGuest } from './session/sign-in.ts';
export type { Credentials, Guest, Registration } from './session/sign-in.ts';
export type { Users } from './users.ts';
export type {
  ConversationView,
  MemberView,
  MessagesView,
  MessageView,
  Notice,
  Observable,
  Role,
  SendState,
  Unread,
  UserView,
} from './views.ts';
