import type { Clock } from '#app/application/ports/clock.ts';
import type { ConversationState } from '#app/domain/chat/conversation.ts';
import { type OwnMembership, type Receipt, type Unread, UNREAD_LIMIT } from '#app/domain/chat/membership.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import { MessageType } from '#app/domain/chat/message-content.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import { notFound } from '#app/domain/shared/domain-error.ts';
import type { ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';
import { ConversationLocks } from './conversation-locks.ts';

export interface UserRow {
  readonly id: UserId;
  readonly handle: string | undefined;
  readonly displayName: string;
  readonly disabled: boolean;
  readonly urev: Urev;
  /** The urev of the last change of handle or display name. */
  readonly profileUrev: Urev;
}

export interface BlockRow {
  readonly urev: Urev;
  readonly since: Date;
  /** Stays as a tombstone, so that the user's other devices learn of it. */
  readonly lifted: boolean;
}

export interface MemberRow {
  readonly participant: ParticipantState;
  readonly readSeq: Seq;
  readonly deliveredSeq: Seq;
  readonly urev: Urev;
  readonly mutedUntil: Date | undefined;
  readonly archived: boolean;
}

export interface MessageRow {
  readonly state: MessageState;
  /** What a resend gets again, whatever happened to the message since. */
  readonly sentRev: Rev;
  /** What was first sent, in one line; a resend is compared with it. */
  readonly fingerprint: string;
}

export interface ConversationRow {
  state: ConversationState;
  activeAt: Date;
  /** A block stands between the two of a private conversation. */
  sendBlocked: boolean;
  /** Former members stay. */
  readonly members: Map<UserId, MemberRow>;
  /** The message with `seq` n is at n - 1. */
  readonly messages: MessageRow[];
  readonly seqs: Map<MessageId, Seq>;
}

/**
 * The tables of the chat in this process. Rows are replaced and never altered, and frozen before they are handed out, so
 * what somebody holds stays as it was read. All changes are synchronous: a reader sees the whole of one or nothing of it.
 */
export class MemoryStore {
  readonly users = new Map<UserId, UserRow>();
  readonly conversations = new Map<ConversationId, ConversationRow>();
  readonly pairs = new Map<string, ConversationId>();
  readonly blocks = new Map<UserId, Map<UserId, BlockRow>>();
  readonly locks: ConversationLocks;
  /** Every conversation that a user ever was a member of. */
  readonly #memberships = new Map<UserId, Set<ConversationId>>();

  constructor(
    private readonly clock: Clock,
    lockTimeoutMs: number,
  ) {
    this.locks = new ConversationLocks(lockTimeoutMs);
  }

  now(): Date {
    return new Date(this.clock.now());
  }

  /** @throws Refusal `not_found`, the same for an unknown conversation and a stranger's */
  member(id: ConversationId, userId: UserId): { conversation: ConversationRow; member: MemberRow } {
    const conversation = this.conversations.get(id);
    const member = conversation?.members.get(userId);
    if (!conversation || !member || !isActive(member)) throw notFound('conversation');
    return { conversation, member };
  }

  /** Whether either of the two has blocked the other. */
  blockStands(a: UserId, b: UserId): boolean {
    return this.#hasBlocked(a, b) || this.#hasBlocked(b, a);
  }

  /** Takes the user's next urev; only for a user that exists. */
  nextUrev(id: UserId): Urev {
    const user = this.users.get(id);
    if (!user) throw new Error('a urev for an unknown user');
    const urev = (user.urev + 1) as Urev;
    this.users.set(id, Object.freeze({ ...user, urev }));
    return urev;
  }

  putMember(conversation: ConversationRow, member: MemberRow): MemberRow {
    const row = Object.freeze({ ...member, participant: Object.freeze(member.participant) });
    conversation.members.set(row.participant.userId, row);
    let ids = this.#memberships.get(row.participant.userId);
    if (!ids) this.#memberships.set(row.participant.userId, (ids = new Set()));
    ids.add(conversation.state.id);
    return row;
  }

  putMessage(conversation: ConversationRow, message: MessageRow): MessageRow {
    const row = Object.freeze({ ...message, state: Object.freeze(message.state) });
    conversation.messages[row.state.seq - 1] = row;
    conversation.seqs.set(row.state.id, row.state.seq);
    return row;
  }

  /** The user's memberships, past ones included. */
  *membershipsOf(userId: UserId): Iterable<{ conversation: ConversationRow; member: MemberRow }> {
    for (const id of this.#memberships.get(userId) ?? []) {
      const conversation = this.conversations.get(id);
      const member = conversation?.members.get(userId);
      if (conversation && member) yield { conversation, member };
    }
  }

  #hasBlocked(userId: UserId, blockedId: UserId): boolean {
    return this.blocks.get(userId)?.get(blockedId)?.lifted === false;
  }
}

export const isActive = (member: MemberRow): boolean => member.participant.leftRev === undefined;

/** Members of now, by user id. */
export const activeMembers = (conversation: ConversationRow): readonly MemberRow[] =>
  [...conversation.members.values()].filter(isActive).toSorted(byUserId);

export const byUserId = (a: MemberRow, b: MemberRow): number => (a.participant.userId < b.participant.userId ? -1 : 1);

export const ownMembership = (conversation: ConversationRow, member: MemberRow): OwnMembership => ({
  conversationId: conversation.state.id,
  userId: member.participant.userId,
  urev: member.urev,
  member: isActive(member),
  firstSeq: member.participant.firstSeq,
  readSeq: member.readSeq,
  unread: unread(conversation, member),
  mutedUntil: member.mutedUntil,
  archived: member.archived,
});

export const receiptOf = ({ participant, readSeq, deliveredSeq }: MemberRow): Receipt => ({
  conversationId: participant.conversationId,
  userId: participant.userId,
  readSeq,
  deliveredSeq,
});

/** Others' undeleted messages after the read cursor; entries of the server don't count. */
const unread = ({ messages }: ConversationRow, { participant, readSeq }: MemberRow): Unread => {
  if (participant.leftRev !== undefined) return { count: 0, more: false };
  let count = 0;
  for (const { state } of messages.slice(Math.max(readSeq, participant.firstSeq - 1))) {
    if (state.senderId === participant.userId || state.type === MessageType.System || state.deletedAt) continue;
    if (count === UNREAD_LIMIT) return { count, more: true };
    count++;
  }
  return { count, more: false };
};
