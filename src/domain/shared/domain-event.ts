import type { ChatEvent } from '../chat/chat-events.ts';
import type { ConnectionEvent } from '../connection/connection-events.ts';
import type { IdentityEvent } from '../identity/identity-events.ts';
import type { ServerEvent } from '../connection/server-events.ts';

export type DomainEvent = ChatEvent | ConnectionEvent | IdentityEvent | ServerEvent;
export type EventType = DomainEvent['type'];
export type EventOf<T extends EventType> = Extract<DomainEvent, { type: T }>;
