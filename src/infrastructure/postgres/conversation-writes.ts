import { conversationEvent } from '#app/application/chat/conversation-event.ts';
import { sql, type Transaction } from 'kysely';
import type { Change, Changed } from '#app/application/ports/conversations.ts';
import type { UserEvent } from '#app/domain/chat/chat-events.ts';
import { ConversationKind, type ConversationState } from '#app/domain/chat/conversation.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import { Participant, type ParticipantState } from '#app/domain/chat/participant.ts';
import type { Stamp } from '#app/domain/chat/stamp.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { anyOf, membershipOf, ownColumns, participantColumns, participantOf, storedContent, unread } from './rows.ts';
import type { Database } from './schema.ts';
import { nextUrevs } from './users-rows.ts';

/** Writes what was decided about a conversation that this transaction has locked, all of it under the stamp's `rev`. */
export const applyChange = async (
  trx: Transaction<Database>,
  before: ConversationState,
  change: Change,
  actorId: UserId,
  stamp: Stamp,
): Promise<Changed> => {
  const members = change.conversation?.state.deletedAt
    ? await everybodyLeaves(trx, before.id, stamp)
    : (change.members ?? []).map(({ state }) => state);
  const joined = members.filter(({ joinedRev, leftRev }) => joinedRev === stamp.rev && leftRev === undefined);
  const left = members.filter(({ leftRev }) => leftRev === stamp.rev);
  const moved = [...joined, ...left].map(({ userId }) => userId);

  if (moved.length > 0) await nextUrevs(trx, moved);
  if (joined.length > 0) await join(trx, before.kind, joined, stamp);
  if (left.length > 0) await leave(trx, before.id, left, stamp);
  for (const member of members) if (!moved.includes(member.userId)) await changeRole(trx, member);

  const isNew = change.message?.state.seq === stamp.seq;
  if (change.message) await (isNew ? insertNotice : updateMessage)(trx, change.message.state);
  const after: ConversationState = {
    ...(change.conversation?.state ?? before),
    seq: isNew ? stamp.seq : before.seq,
    rev: stamp.rev,
    memberCount: before.memberCount + joined.length - left.length,
  };
  await updateConversation(trx, after, isNew ? stamp.at : undefined);
  return {
    event: conversationEvent(change, after, members, actorId, stamp),
    userEvents: moved.length > 0 ? await userEvents(trx, before.id, moved, stamp) : [],
  };
};

const everybodyLeaves = async (trx: Transaction<Database>, id: ConversationId, { rev }: Stamp) => {
  const rows = await trx
    .selectFrom('participants as p')
    .select(participantColumns)
    .where('p.conversation_id', '=', id)
    .where('p.left_rev', 'is', null)
    .orderBy('p.user_id')
    .execute();
  return rows.map((row) => Participant.restore(participantOf(row)).leave(rev).state);
};

/** What was written before is not unread, and a cursor never goes back: who returns finds their old row. */
const join = async (
  trx: Transaction<Database>,
  kind: ConversationKind,
  members: readonly ParticipantState[],
  stamp: Stamp,
): Promise<void> => {
  const head = (stamp.seq - 1) as Seq;
  await trx
    .insertInto('participants')
    .values(
      members.map((member, n) => ({
        conversation_id: member.conversationId,
        user_id: member.userId,
        kind,
        slot: kind === ConversationKind.Private ? ((n + 1) as 1 | 2) : null, // two members, in the order of their ids
        role: member.role,
        first_seq: member.firstSeq,
        read_seq: head,
        delivered_seq: head,
        rev: member.rev,
        joined_rev: member.joinedRev,
        joined_at: member.joinedAt,
        urev: sql`(SELECT urev FROM users WHERE id = ${member.userId})`,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['conversation_id', 'user_id']).doUpdateSet((eb) => ({
        role: eb.ref('excluded.role'),
        first_seq: eb.ref('excluded.first_seq'),
        read_seq: eb.fn<Seq>('greatest', ['participants.read_seq', 'excluded.read_seq']),
        delivered_seq: eb.fn<Seq>('greatest', ['participants.delivered_seq', 'excluded.delivered_seq']),
        rev: eb.ref('excluded.rev'),
        joined_rev: eb.ref('excluded.joined_rev'),
        joined_at: eb.ref('excluded.joined_at'),
        urev: eb.ref('excluded.urev'),
        left_rev: null,
        muted_until: null,
        archived: false,
      })),
    )
    .execute();
};

const leave = async (
  trx: Transaction<Database>,
  id: ConversationId,
  members: readonly ParticipantState[],
  { rev }: Stamp,
): Promise<void> => {
  await trx
    .updateTable('participants as p')
    .from('users as u')
    .set((eb) => ({ rev, left_rev: rev, urev: eb.ref('u.urev') }))
    .whereRef('u.id', '=', 'p.user_id')
    .where('p.conversation_id', '=', id)
    .where('p.user_id', '=', anyOf(members.map(({ userId }) => userId)))
    .execute();
};

const changeRole = async (trx: Transaction<Database>, { conversationId, userId, role, rev }: ParticipantState) => {
  await trx
    .updateTable('participants')
    .set({ role, rev })
    .where('conversation_id', '=', conversationId)
    .where('user_id', '=', userId)
    .execute();
};

const insertNotice = async (trx: Transaction<Database>, message: MessageState): Promise<void> => {
  const { type } = message;
  const content = storedContent(message.content);
  await trx
    .insertInto('messages')
    .values({
      conversation_id: message.conversationId,
      seq: message.seq,
      id: message.id,
      rev: message.rev,
      sent_rev: message.rev,
      sender_id: message.senderId,
      type,
      content,
      content_hash: sql`sha256(convert_to(${content}, 'UTF8'))`, // any would do: nobody can send an entry again
      sent_at: message.sentAt,
    })
    .execute();
};

const updateMessage = async (trx: Transaction<Database>, message: MessageState): Promise<void> => {
  await trx
    .updateTable('messages')
    .set({
      rev: message.rev,
      content: storedContent(message.content),
      edited_at: message.editedAt ?? null,
      deleted_at: message.deletedAt ?? null,
    })
    .where('conversation_id', '=', message.conversationId)
    .where('seq', '=', message.seq)
    .execute();
};

const updateConversation = async (
  trx: Transaction<Database>,
  state: ConversationState,
  activeAt: Date | undefined,
): Promise<void> => {
  await trx
    .updateTable('conversations')
    .set({
      title: state.title ?? null,
      members_can_invite: state.membersCanInvite,
      history_visible: state.historyVisible,
      seq: state.seq,
      rev: state.rev,
      changed_rev: state.changedRev,
      member_count: state.memberCount,
      deleted_at: state.deletedAt ?? null,
    })
    .$if(activeAt !== undefined, (update) => update.set({ active_at: activeAt! })) // just looked at
    .where('id', '=', state.id)
    .execute();
};

const userEvents = async (
  trx: Transaction<Database>,
  id: ConversationId,
  users: readonly UserId[],
  { rev }: Stamp,
): Promise<readonly UserEvent[]> => {
  const rows = await trx
    .selectFrom('participants as p')
    .select([...participantColumns, ...ownColumns, unread('p.')])
    .where('p.conversation_id', '=', id)
    .where('p.user_id', '=', anyOf(users))
    .execute();
  const memberships = new Map(rows.map((row) => [row.p_user_id, membershipOf(row)]));
  return users.map((userId) => {
    const membership = memberships.get(userId)!; // written a moment ago
    const type = membership.member ? ('membership.joined' as const) : ('membership.left' as const);
    return { type, userId, urev: membership.urev, rev, membership } as UserEvent; // one shape, two names
  });
};
