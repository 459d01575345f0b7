import type { Conversation, Conversations } from './conversation.ts';
import type { Link, Status, Stop } from './link/link.ts';
import type { TokenSource } from './link/token-source.ts';
import { newLiveClient } from './live-client.ts';
import type { OutboxStorage } from './outbox/outbox-storage.ts';
import type { CommandType, InputOf, OutputOf, ServerEvent, Welcome } from './protocol.ts';
import type { Users } from './users.ts';
import type { MessageView, Observable, UserView } from './views.ts';

export interface ClientOptions {
  /** Where the server is: an http(s) or ws(s) origin. */
  readonly url: string;
  readonly auth: TokenSource;
  /** Where messages wait until they are sent; in memory when absent. The client closes it. */
  readonly outbox?: OutboxStorage;
  readonly device?: { readonly name?: string; readonly platform?: string; readonly version?: string };
  /** Another link than a WebSocket of one's own, as `sharedBetweenTabs` makes. */
  readonly link?: (makeOwn: () => Link) => Link;
}

/** A message by somebody else, new since this client first caught up. */
export interface Incoming {
  readonly conversation: Conversation;
  readonly message: MessageView;
}

/** A message of one's own that the server had stored and then lost. */
export interface Resent {
  /** It may be lost as well. */
  readonly conversationId: string;
  /** Stored anew, or `failed`. */
  readonly message: MessageView;
}

export interface ClientEvents {
  /**
   * Each once, of one conversation in the order of `seq`, whether it came live or was caught up later; of those missed in one
   * absence the newest 10,000 of each conversation.
   */
  readonly message: Incoming;
  /** A copy of the database took over that lacked a message of this client, who has offered it again. */
  readonly resent: Resent;
  /** What the server says, as it came. */
  readonly event: ServerEvent;
  /** There is a new connection, of which the server knows nothing yet but whose it is. */
  readonly connected: Welcome;
}

/** One user on one device: connected, caught up and sending, for as long as it is started. Notifies of status, stopped, me, ready and pending. */
export interface Client extends Observable {
  readonly status: Status;
  /** Why it has given up, if it has. */
  readonly stopped: Stop | undefined;
  /** One's own profile, kept current. */
  readonly me: UserView | undefined;
  readonly userId: string | undefined;
  /** What the server said of the present connection; undefined while there is none. */
  readonly welcome: Welcome | undefined;
  /** Messages that wait to be sent, failed ones not counted. */
  readonly pending: number;
  /** The first page of the conversations is there. Rejects when the client stops before; started again, there is another one. */
  readonly ready: Promise<void>;
  readonly conversations: Conversations;
  readonly users: Users;
  /** Begins to connect. A second call does nothing. */
  start(): void;
  /** Connects at once instead of when the next try is due. */
  retry(): void;
  /** Ends for good: no timer and no socket stays, and what still waits rejects with Lost. A second call does nothing. */
  close(): void;
  /** Returns how to leave. */
  on<T extends keyof ClientEvents>(type: T, listener: (event: ClientEvents[T]) => void): () => void;
  /** As `on('message')`; `break` leaves. Ends when the client is closed; throws when 10,000 messages wait to be taken. */
  messages(): AsyncIterableIterator<Incoming>;
  /** Any command. @throws Refused as the server answered; Lost when there was no answer */
  call<T extends CommandType>(type: T, data: InputOf<T>): Promise<OutputOf<T>>;
}

/** A client that is not started yet. */
export const createClient = (options: ClientOptions): Client => newLiveClient(options);
