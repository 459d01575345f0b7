import { conversationEvent } from '#app/application/chat/conversation-event.ts';
import type {
  Change,
  Changed,
  ChangeNeeds,
  Conversations,
  LockedConversation,
  NewGroup,
  Opened,
} from '#app/application/ports/conversations.ts';
import type { ConversationCreated, UserEvent } from '#app/domain/chat/chat-events.ts';
import {
  type Candidate,
  Conversation,
  ConversationKind,
  type ConversationState,
} from '#app/domain/chat/conversation.ts';
import { Message, type MessageState } from '#app/domain/chat/message.ts';
import { Participant, Role } from '#app/domain/chat/participant.ts';
import type { Stamp } from '#app/domain/chat/stamp.ts';
import type { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import { notFound, Refusal } from '#app/domain/shared/domain-error.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import {
  activeMembers,
  type ConversationRow,
  isActive,
  type MemberRow,
  type MemoryStore,
  ownMembership,
} from './memory-store.ts';

export class MemoryConversations implements Conversations {
  constructor(private readonly store: MemoryStore) {}

  change(
    id: ConversationId,
    needs: ChangeNeeds,
    decide: (locked: LockedConversation) => Change | undefined,
  ): Promise<Changed | undefined> {
    return this.store.locks.run(id, () => {
      const { conversation, member } = this.store.member(id, needs.actorId);
      const stamp = this.#stamp(conversation);
      const actor = Participant.restore(member.participant);
      const seq = needs.messageId && conversation.seqs.get(needs.messageId);
      const message = seq !== undefined && actor.sees(seq) ? conversation.messages[seq - 1] : undefined;
      const change = decide({
        conversation: Conversation.restore(conversation.state),
        actor,
        owners: activeMembers(conversation).filter((one) => one.participant.role === Role.Owner).length,
        candidates: this.#candidates(conversation, needs),
        message: message && Message.restore(message.state),
        stamp,
      });
      // Nothing was written yet, so a refusal thrown by `decide` leaves nothing behind.
      return change && this.#apply(conversation, change, needs.actorId, stamp);
    });
  }

  createGroup(group: NewGroup): Promise<Opened> {
    return this.store.locks.run(group.id, () => {
      const existing = this.store.conversations.get(group.id)?.state;
      if (existing) {
        if (existing.createdBy !== group.creatorId || existing.kind !== ConversationKind.Group) throw idTaken();
        return { id: group.id, kind: ConversationKind.Group, created: undefined };
      }
      const users = [group.creatorId, ...group.users];
      if (!users.every((userId) => this.#exists(userId))) throw notFound('user');
      if (users.some((userId) => this.store.blockStands(group.creatorId, userId))) throw blocked();
      const { title, policies, creatorId } = group;
      const conversation = this.#open({
        id: group.id,
        kind: ConversationKind.Group,
        title,
        ...policies,
        createdBy: creatorId,
      });
      const stamp = this.#stamp(conversation);
      const members = users.map((userId) =>
        this.#joining(conversation, userId, userId === creatorId ? Role.Owner : Role.Member, stamp),
      );
      const message = Message.notice(members[0]!, group.noticeId, { event: 'conversation.created' }, stamp); // the creator
      return this.#opened(conversation, { event: 'conversation.created', members, message }, creatorId, stamp);
    });
  }

  openPrivate(id: ConversationId, userId: UserId, otherId: UserId): Promise<Opened> {
    return this.store.locks.run(id, () => {
      if (!this.#exists(otherId)) throw notFound('user');
      const pair = pairOf(userId, otherId);
      const existing = this.store.pairs.get(pair);
      if (existing) return { id: existing, kind: ConversationKind.Private, created: undefined };
      if (this.store.blockStands(userId, otherId)) throw blocked();
      if (this.store.conversations.has(id)) throw idTaken();
      const policies = { membersCanInvite: false, historyVisible: true };
      const conversation = this.#open({
        id,
        kind: ConversationKind.Private,
        title: undefined,
        ...policies,
        createdBy: userId,
      });
      this.store.pairs.set(pair, id);
      const stamp = this.#stamp(conversation);
      const members = [userId, otherId].toSorted().map((one) => this.#joining(conversation, one, Role.Member, stamp));
      return this.#opened(conversation, { event: 'conversation.created', members }, userId, stamp);
    });
  }

  async privateOf(userId: UserId, otherId: UserId): Promise<ConversationId | undefined> {
    return this.store.pairs.get(pairOf(userId, otherId));
  }

  async full(users: readonly UserId[], limit: number): Promise<ReadonlySet<UserId>> {
    const count = (userId: UserId) =>
      [...this.store.membershipsOf(userId)].filter(({ member }) => isActive(member)).length;
    return new Set(users.filter((userId) => count(userId) >= limit));
  }

  #exists(userId: UserId): boolean {
    return this.store.users.get(userId)?.disabled === false;
  }

  #stamp({ state }: ConversationRow): Stamp {
    return { rev: (state.rev + 1) as Rev, seq: (state.seq + 1) as Seq, at: this.store.now() };
  }

  #candidates(conversation: ConversationRow, { actorId, users = [] }: ChangeNeeds): ReadonlyMap<UserId, Candidate> {
    const isMember = (userId: UserId) => {
      const member = conversation.members.get(userId);
      return member !== undefined && isActive(member);
    };
    const known = users.filter((userId) => this.#exists(userId) || isMember(userId));
    return new Map(
      known.map((userId) => {
        const member = conversation.members.get(userId);
        const participant = member && Participant.restore(member.participant);
        return [userId, { userId, blocked: this.store.blockStands(actorId, userId), participant }];
      }),
    );
  }

  #open(
    given: Pick<ConversationState, 'id' | 'kind' | 'title' | 'membersCanInvite' | 'historyVisible' | 'createdBy'>,
  ): ConversationRow {
    const createdAt = this.store.now();
    const conversation: ConversationRow = {
      state: {
        ...given,
        seq: 0 as Seq,
        rev: 0 as Rev,
        changedRev: 1 as Rev,
        memberCount: 0,
        createdAt,
        deletedAt: undefined,
      },
      activeAt: createdAt,
      sendBlocked: false,
      members: new Map(),
      messages: [],
      seqs: new Map(),
    };
    this.store.conversations.set(given.id, conversation);
    return conversation;
  }

  #joining({ state }: ConversationRow, userId: UserId, role: Role, { rev, at }: Stamp): Participant {
    return Participant.join({ conversationId: state.id, userId, role, firstSeq: 1 as Seq, rev, joinedAt: at });
  }

  #opened(conversation: ConversationRow, change: Change, actorId: UserId, stamp: Stamp): Opened {
    const created = this.#apply(conversation, change, actorId, stamp) as Changed & { event: ConversationCreated }; // its type is the change's
    return { id: conversation.state.id, kind: conversation.state.kind, created };
  }

  #apply(conversation: ConversationRow, change: Change, actorId: UserId, stamp: Stamp): Changed {
    const members = change.conversation?.state.deletedAt
      ? everybodyLeaves(conversation, stamp.rev)
      : (change.members ?? []);
    const moved = members.filter((member) => this.#putMember(conversation, member, stamp));
    if (change.message) this.#putMessage(conversation, change.message.state, stamp);
    const active = activeMembers(conversation);
    conversation.state = Object.freeze({
      ...(change.conversation?.state ?? conversation.state),
      seq: conversation.messages.length as Seq,
      rev: stamp.rev,
      memberCount: active.length,
    });
    return {
      event: conversationEvent(
        change,
        conversation.state,
        members.map(({ state }) => state),
        actorId,
        stamp,
      ),
      userEvents: moved.map(({ state }) => this.#announce(conversation, state.userId)),
    };
  }

  /** @returns whether a membership began or ended by it */
  #putMember(conversation: ConversationRow, { active, state }: Participant, stamp: Stamp): boolean {
    const before = conversation.members.get(state.userId);
    const wasActive = before !== undefined && isActive(before);
    const row = active && !wasActive ? joined(state, before, stamp) : before && { ...before, participant: state };
    if (!row) throw new Error('one who never was a member can not leave');
    this.store.putMember(conversation, row);
    return active !== wasActive;
  }

  #putMessage(conversation: ConversationRow, state: MessageState, stamp: Stamp): void {
    const before = conversation.messages[state.seq - 1];
    this.store.putMessage(
      conversation,
      before ? { ...before, state } : { state, sentRev: stamp.rev, fingerprint: 'notice' },
    );
    if (!before) conversation.activeAt = stamp.at;
  }

  #announce(conversation: ConversationRow, userId: UserId): UserEvent {
    const urev = this.store.nextUrev(userId);
    const row = this.store.putMember(conversation, { ...conversation.members.get(userId)!, urev }); // moved a moment ago
    const type = isActive(row) ? ('membership.joined' as const) : ('membership.left' as const);
    return { type, userId, urev, rev: conversation.state.rev, membership: ownMembership(conversation, row) };
  }
}

/** What was written before is not unread, and a cursor never goes back. */
const joined = (participant: MemberRow['participant'], before: MemberRow | undefined, stamp: Stamp): MemberRow => ({
  participant,
  readSeq: Math.max(before?.readSeq ?? 0, stamp.seq - 1) as Seq,
  deliveredSeq: Math.max(before?.deliveredSeq ?? 0, stamp.seq - 1) as Seq,
  urev: before?.urev ?? (0 as Urev),
  mutedUntil: undefined,
  archived: false,
});

const everybodyLeaves = (conversation: ConversationRow, rev: Rev): readonly Participant[] =>
  activeMembers(conversation).map(({ participant }) => Participant.restore(participant).leave(rev));

export const pairOf = (a: UserId, b: UserId): string => [a, b].toSorted().join(' ');

const idTaken = () => new Refusal('conflict', 'conversation_id_taken', 'another conversation has this id');
const blocked = () => new Refusal('forbidden', 'blocked', 'a block stands between you and one of them');
