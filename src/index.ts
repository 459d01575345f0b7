import 'reflect-metadata';

// What a host program works with: start a server, add commands and listeners. Everything else is inside.
export { command } from '#app/interfaces/commands/command.ts';
export type { AnyCommand, Caller, Stranger } from '#app/interfaces/commands/command.ts';
export { CannotStart } from '#app/application/cannot-start.ts';
export type { EventBus, Listener } from '#app/application/ports/event-bus.ts';
export type { ConversationReader } from '#app/application/ports/conversation-reader.ts';
export type { UseCase } from '#app/application/use-case.ts';
export type { DomainEvent, EventOf, EventType } from '#app/domain/shared/domain-event.ts';
export { invalid, notFound, Refusal, unavailable } from '#app/domain/shared/domain-error.ts';
export { ConversationId, MessageId, SessionId, UserId } from '#app/domain/shared/ids.ts';
export type { Extensions, Server } from '#app/composition/server.ts';
export { start, type StartOptions } from '#app/composition/start.ts';
export * as schemas from '#app/interfaces/protocol/primitives.ts';
export { CONVERSATION_READER, CONVERSATIONS, MESSAGE_LOG } from '#app/composition/chat.tokens.ts';
export { EVENT_BUS } from '#app/composition/identity.tokens.ts';
export { SendMessage } from '#app/application/chat/send-message.ts';
