import type { Blocks } from '#app/application/ports/own-state.ts';
import type { BlockChanged } from '#app/domain/chat/chat-events.ts';
import { invalid, notFound } from '#app/domain/shared/domain-error.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import { pairOf } from './memory-conversations.ts';
import type { MemoryStore } from './memory-store.ts';

export class MemoryBlocks implements Blocks {
  constructor(private readonly store: MemoryStore) {}

  async set(userId: UserId, blockedId: UserId, blocked: boolean): Promise<BlockChanged | undefined> {
    const shared = this.store.pairs.get(pairOf(userId, blockedId));
    return shared
      ? this.store.locks.run(shared, () => this.#set(userId, blockedId, blocked))
      : this.#set(userId, blockedId, blocked);
  }

  async list(userId: UserId, page: { limit: number; after?: UserId | undefined }) {
    return [...(this.store.blocks.get(userId) ?? [])]
      .filter(([blockedId, { lifted }]) => !lifted && (page.after === undefined || blockedId > page.after))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, page.limit)
      .map(([blockedId, { since }]) => ({ userId: blockedId, since }));
  }

  #set(userId: UserId, blockedId: UserId, blocked: boolean): BlockChanged | undefined {
    if (userId === blockedId) throw invalid('userId', 'another user', 'block_self');
    if (!this.store.users.has(blockedId)) throw notFound('user');
    const own = this.store.blocks.get(userId) ?? new Map();
    const before = own.get(blockedId);
    if ((before?.lifted === false) === blocked) return undefined;
    const urev = this.store.nextUrev(userId);
    const since = before && !blocked ? before.since : this.store.now();
    own.set(blockedId, Object.freeze({ urev, since, lifted: !blocked }));
    this.store.blocks.set(userId, own);
    // Read anew: the conversation may have been opened while this waited for its lock.
    const shared = this.store.pairs.get(pairOf(userId, blockedId));
    const conversation = shared && this.store.conversations.get(shared);
    if (conversation) conversation.sendBlocked = this.store.blockStands(userId, blockedId);
    return { type: 'block.changed', userId, urev, blockedId, blocked };
  }
}
