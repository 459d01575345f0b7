import type { CommandType, InputOf, OutputOf, ServerEvent, Welcome } from '../protocol.ts';

/** `connecting` while a connection is being made or waited for, `offline` when that was given up: closed, or stopped by the server. */
export type Status = 'online' | 'connecting' | 'offline';

/** Why a link gave up for good (close codes 4500 and above, or `close()`). */
export interface Stop {
  readonly reason: 'closed' | 'signed_out' | 'revoked' | 'too_many_connections' | 'unsupported' | 'refused';
  /** The close code, where there was one. */
  readonly code?: number;
}

export interface LinkListener {
  status?(status: Status): void;
  /**
   * A new connection is authenticated: every event from here on is heard. After `goaway` it takes the place of one that
   * still works, without `lost` in between; calls made on that one are still answered by it, or rejected with Lost.
   */
  opened?(welcome: Welcome): void;
  /** The connection is gone. What was asked on it has been rejected with Lost. */
  lost?(): void;
  /** In the order of arrival. Replies that stand for an event (`message.send` and its like) come as that event too, before their call resolves. */
  event?(event: ServerEvent): void;
  /** Whether this client is the one that sends the outbox. */
  leads?(leads: boolean): void;
  stopped?(stop: Stop): void;
}

/**
 * What a client stands on: one authenticated way to the server, made anew whenever it is lost, with exponential backoff.
 * Adapters: one over a WebSocket of its own, one that shares the WebSocket of another browser tab.
 */
export interface Link {
  readonly status: Status;
  /** What the server said of the present connection; undefined while there is none. */
  readonly welcome: Welcome | undefined;
  /** Of several tabs exactly one leads, after a moment; a client alone always does. */
  readonly leads: boolean;
  /** Begins to connect. A second call does nothing; after `close` or a stop it begins anew. */
  start(): void;
  /** Connects at once instead of when the backoff is over. Does nothing while online or offline. */
  retry(): void;
  /** Leaves for good: pending calls are rejected with Lost, no timer stays. A second call does nothing. */
  close(): void;
  /**
   * @throws Refused as the server answered; Lost when there is no connection, or it ended before the answer (for a
   * change, whether it happened is unknown).
   */
  call<T extends CommandType>(type: T, data: InputOf<T>): Promise<OutputOf<T>>;
  /** Listeners hear in the order in which they came; what one throws is reported and harms nobody. Returns how to leave. */
  listen(listener: LinkListener): () => void;
}
