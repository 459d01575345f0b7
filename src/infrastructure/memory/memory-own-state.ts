import type { MarkResult, OwnState } from '#app/application/ports/own-state.ts';
import type { MembershipChanged, ReceiptChanged } from '#app/domain/chat/chat-events.ts';
import type { OwnMembership } from '#app/domain/chat/membership.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { type ConversationRow, type MemberRow, type MemoryStore, ownMembership, receiptOf } from './memory-store.ts';

/** Cursors only grow, so these need no lock. */
export class MemoryOwnState implements OwnState {
  constructor(private readonly store: MemoryStore) {}

  async markRead(userId: UserId, conversationId: ConversationId, seq: Seq): Promise<MarkResult> {
    return this.#mark(userId, conversationId, 'message.read', (member, head) => {
      const readSeq = furthest(member.readSeq, head, seq);
      return { readSeq, deliveredSeq: furthest(member.deliveredSeq, head, readSeq) };
    });
  }

  async markDelivered(userId: UserId, conversationId: ConversationId, seq: Seq): Promise<MarkResult> {
    return this.#mark(userId, conversationId, 'message.delivered', (member, head) => ({
      readSeq: member.readSeq,
      deliveredSeq: furthest(member.deliveredSeq, head, seq),
    }));
  }

  async setMembership(
    userId: UserId,
    conversationId: ConversationId,
    change: { mutedUntil?: Date | null | undefined; archived?: boolean | undefined },
  ): Promise<{ membership: OwnMembership; changed: MembershipChanged | undefined }> {
    const { conversation, member } = this.store.member(conversationId, userId);
    const now = this.store.now();
    const asked = change.mutedUntil === undefined ? member.mutedUntil : change.mutedUntil;
    const mutedUntil = asked && asked > now ? asked : undefined;
    const archived = change.archived ?? member.archived;
    if (archived === member.archived && mutedUntil?.getTime() === member.mutedUntil?.getTime())
      return { membership: ownMembership(conversation, member), changed: undefined };
    const changed = this.#announce(conversation, { ...member, mutedUntil, archived });
    return { membership: changed.membership, changed };
  }

  #mark(
    userId: UserId,
    conversationId: ConversationId,
    type: ReceiptChanged['type'],
    move: (member: MemberRow, head: Seq) => Pick<MemberRow, 'readSeq' | 'deliveredSeq'>,
  ): MarkResult {
    const { conversation, member } = this.store.member(conversationId, userId);
    const { seq: head, memberCount } = conversation.state;
    const moved = { ...member, ...move(member, head) };
    if (moved.readSeq === member.readSeq && moved.deliveredSeq === member.deliveredSeq)
      return { membership: ownMembership(conversation, member), changed: undefined, memberCount };
    const receipt: ReceiptChanged = { type, ...receiptOf(moved) };
    const own = moved.readSeq > member.readSeq ? this.#announce(conversation, moved) : undefined;
    const membership = own?.membership ?? ownMembership(conversation, this.store.putMember(conversation, moved));
    return { membership, changed: { receipt, own }, memberCount };
  }

  #announce(conversation: ConversationRow, member: MemberRow): MembershipChanged {
    const { userId } = member.participant;
    const urev = this.store.nextUrev(userId);
    const row = this.store.putMember(conversation, { ...member, urev });
    return { type: 'membership.changed', userId, urev, membership: ownMembership(conversation, row) };
  }
}

const furthest = (old: Seq, head: Seq, asked: Seq): Seq => Math.max(old, Math.min(asked, head)) as Seq;
