import { sql, type Transaction } from 'kysely';
import type { ChangeNeeds, LockedConversation } from '#app/application/ports/conversations.ts';
import { type Candidate, Conversation, type ConversationState } from '#app/domain/chat/conversation.ts';
import { Message } from '#app/domain/chat/message.ts';
import { Participant, Role } from '#app/domain/chat/participant.ts';
import type { Rev, Seq } from '#app/domain/shared/counters.ts';
import type { ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';
import {
  anyOf,
  conversationColumns,
  conversationOf,
  messageColumns,
  messageOf,
  participantColumns,
  participantOf,
  type ParticipantRow,
} from './rows.ts';
import type { Database } from './schema.ts';
import { blockedWith } from './users-rows.ts';

/** A statement of its own: what is read after it has a snapshot that is newer than the lock. */
export const lockConversation = async (
  trx: Transaction<Database>,
  id: ConversationId,
): Promise<ConversationState | undefined> => {
  const row = await trx
    .selectFrom('conversations as c')
    .select(conversationColumns)
    .where('c.id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row && conversationOf(row);
};

/** Undefined when the actor is no member. */
export const readLocked = async (
  trx: Transaction<Database>,
  state: ConversationState,
  { actorId, users = [], messageId }: ChangeNeeds,
): Promise<LockedConversation | undefined> => {
  const row = await trx
    .selectFrom('participants as p')
    .select(participantColumns)
    .select([
      sql<Date>`clock_timestamp()::timestamptz(3)`.as('now'),
      sql<number>`(
        SELECT count(*) FROM participants AS o
        WHERE o.conversation_id = ${state.id} AND o.role = ${Role.Owner} AND o.left_rev IS NULL
      )`.as('owners'),
    ])
    .where('p.conversation_id', '=', state.id)
    .where('p.user_id', '=', actorId)
    .where('p.left_rev', 'is', null)
    .executeTakeFirst();
  if (!row) return undefined;
  const actor = Participant.restore(participantOf(row));
  return {
    conversation: Conversation.restore(state),
    actor,
    owners: row.owners,
    candidates: users.length > 0 ? await readCandidates(trx, state.id, actorId, users) : new Map(),
    message: messageId && (await readMessage(trx, state.id, messageId, actor)),
    stamp: { rev: (state.rev + 1) as Rev, seq: (state.seq + 1) as Seq, at: row.now },
  };
};

/** Disabled users are nobody, unless they are members: those can still be removed. */
const readCandidates = async (
  trx: Transaction<Database>,
  id: ConversationId,
  actorId: UserId,
  users: readonly UserId[],
): Promise<ReadonlyMap<UserId, Candidate>> => {
  const rows = await trx
    .selectFrom('users as u')
    .leftJoin('participants as p', (join) => join.onRef('p.user_id', '=', 'u.id').on('p.conversation_id', '=', id))
    .select(['u.id', ...participantColumns])
    .where('u.id', '=', anyOf(users))
    .where((eb) =>
      eb.or([eb('u.disabled_at', 'is', null), eb.and([eb('p.rev', 'is not', null), eb('p.left_rev', 'is', null)])]),
    )
    .execute();
  const found = new Map(rows.map((row) => [row.id, row]));
  const blocked = await blockedWith(trx, actorId, users);
  const candidates = new Map<UserId, Candidate>();
  for (const userId of users) {
    const row = found.get(userId);
    if (!row) continue;
    const participant = row.p_user_id === null ? undefined : Participant.restore(participantOf(row as ParticipantRow)); // all or none of it
    candidates.set(userId, { userId, blocked: blocked.has(userId), participant });
  }
  return candidates;
};

const readMessage = async (
  trx: Transaction<Database>,
  conversationId: ConversationId,
  id: MessageId,
  actor: Participant,
): Promise<Message | undefined> => {
  const row = await trx
    .selectFrom('messages as m')
    .select(messageColumns)
    .where('m.conversation_id', '=', conversationId)
    .where('m.id', '=', id)
    .executeTakeFirst();
  return row && actor.sees(row.m_seq) ? Message.restore(messageOf(row)) : undefined;
};
