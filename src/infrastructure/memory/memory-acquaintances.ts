import type { Acquaintances } from '#app/application/ports/acquaintances.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { isActive, type MemoryStore } from './memory-store.ts';

export class MemoryAcquaintances implements Acquaintances {
  constructor(private readonly store: MemoryStore) {}

  of(userId: UserId, others: readonly UserId[]): Promise<ReadonlySet<UserId>> {
    const wanted = new Set(others.filter((other) => other !== userId && !this.store.blockStands(userId, other)));
    const found = new Set<UserId>();
    for (const { conversation, member } of this.store.membershipsOf(userId)) {
      if (!isActive(member)) continue;
      for (const [id, other] of conversation.members) if (wanted.has(id) && isActive(other)) found.add(id);
    }
    return Promise.resolve(found);
  }

  silenced(conversationId: ConversationId): Promise<boolean> {
    return Promise.resolve(this.store.conversations.get(conversationId)?.sendBlocked ?? false);
  }
}
