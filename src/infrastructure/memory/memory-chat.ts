import { randomUUID } from 'node:crypto';
import type { Clock } from '#app/application/ports/clock.ts';
import type { Urev } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Release } from './conversation-locks.ts';
import { MemoryAcquaintances } from './memory-acquaintances.ts';
import { MemoryBlocks } from './memory-blocks.ts';
import { MemoryConversationReader } from './memory-conversation-reader.ts';
import { MemoryConversations } from './memory-conversations.ts';
import { MemoryFeed } from './memory-feed.ts';
import { MemoryMessageLog } from './memory-message-log.ts';
import { MemoryOwnState } from './memory-own-state.ts';
import { MemoryStore } from './memory-store.ts';

export interface MemoryChatOptions {
  readonly clock: Clock;
  /** Sends waiting at once; one more is `unavailable`. */
  readonly queueLimit?: number;
  readonly lockTimeoutMs?: number;
}

/** The whole chat in this process: what PostgreSQL keeps, with its promises, but gone with the process. */
export class MemoryChat {
  readonly log: MemoryMessageLog;
  readonly conversations: MemoryConversations;
  readonly reader: MemoryConversationReader;
  readonly ownState: MemoryOwnState;
  readonly blocks: MemoryBlocks;
  readonly feed: MemoryFeed;
  readonly acquaintances: MemoryAcquaintances;
  readonly #store: MemoryStore;

  constructor({ clock, queueLimit = 10_000, lockTimeoutMs = 800 }: MemoryChatOptions) {
    this.#store = new MemoryStore(clock, lockTimeoutMs);
    this.log = new MemoryMessageLog(this.#store, queueLimit);
    this.conversations = new MemoryConversations(this.#store);
    this.reader = new MemoryConversationReader(this.#store);
    this.ownState = new MemoryOwnState(this.#store);
    this.blocks = new MemoryBlocks(this.#store);
    this.acquaintances = new MemoryAcquaintances(this.#store);
    this.feed = new MemoryFeed(this.#store, randomUUID());
  }

  /** Makes a user known, or another profile of one: then `urev` grows by one. */
  addUser(id: UserId, profile: { handle?: string; displayName?: string; disabled?: boolean } = {}): void {
    const { handle, displayName = 'Someone', disabled = false } = profile;
    const before = this.#store.users.get(id);
    const urev = (before ? before.urev + 1 : 0) as Urev;
    this.#store.users.set(id, Object.freeze({ id, handle, displayName, disabled, urev, profileUrev: urev }));
  }

  /** Holds a conversation's lock as a slow writer would, until it is released. */
  hold(id: ConversationId): Promise<Release> {
    return this.#store.locks.hold(id);
  }
}
