import type { ErrorCode } from '../link/failures.ts';

/** A message that was written and is not known to be stored by the server. */
export interface OutboxEntry {
  /** Of the message: UUIDv7, chosen before the first try, the same through all tries. */
  readonly id: string;
  /** Whose; a store may be shared by the accounts of one browser. */
  readonly userId: string;
  readonly conversationId: string;
  readonly content: string;
  readonly replyTo?: number;
  /** By this device's clock, epoch milliseconds; for show only. */
  readonly writtenAt: number;
  /** Refused for good: stays until the user retries or discards it, and holds nobody up. */
  readonly failure?: { readonly code: ErrorCode; readonly rule?: string };
}

/**
 * Keeps what is still to be sent over reloads and restarts. Entries keep the order in which they were added, over all
 * tabs that share the store. Adapters: memory, a file (Node), IndexedDB (browser).
 */
export interface OutboxStorage {
  /** Resolves when the entry is as durable as the store can make it. The same id again changes nothing. @throws when it can't be kept */
  add(entry: OutboxEntry): Promise<void>;
  /** The entry with this id gets these fields; it keeps its place. Does nothing when it is gone. */
  update(entry: OutboxEntry): Promise<void>;
  /** Does nothing when there is none. */
  remove(id: string): Promise<void>;
  /** All entries of a user, the oldest first. */
  list(userId: string): Promise<readonly OutboxEntry[]>;
  /** Forgets everything of a user (they signed out). */
  clear(userId: string): Promise<void>;
  /**
   * Hears that entries of a user changed in another tab or process that shares the store; the list is then read again.
   * Absent where nobody shares it. Returns how to leave.
   */
  watch?(userId: string, changed: () => void): () => void;
  close(): Promise<void>;
}
