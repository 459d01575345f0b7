import type { Transaction } from 'kysely';
import type {
  Change,
  Changed,
  ChangeNeeds,
  Conversations,
  LockedConversation,
  NewGroup,
  Opened,
} from '#app/application/ports/conversations.ts';
import type { ConversationCreated } from '#app/domain/chat/chat-events.ts';
import { ConversationKind, type ConversationState } from '#app/domain/chat/conversation.ts';
import { Message } from '#app/domain/chat/message.ts';
import { Participant, Role } from '#app/domain/chat/participant.ts';
import type { Stamp } from '#app/domain/chat/stamp.ts';
import type { Rev, Seq } from '#app/domain/shared/counters.ts';
import { notFound, Refusal } from '#app/domain/shared/domain-error.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { applyChange } from './conversation-writes.ts';
import { type Postgres, RunAgain } from './database.ts';
import { lockConversation, readLocked } from './locked-conversation.ts';
import { anyOf } from './rows.ts';
import type { Database } from './schema.ts';
import { blockedWith, findPrivate, lockUsers } from './users-rows.ts';

export class PostgresConversations implements Conversations {
  constructor(private readonly postgres: Postgres) {}

  change(
    id: ConversationId,
    needs: ChangeNeeds,
    decide: (locked: LockedConversation) => Change | undefined,
  ): Promise<Changed | undefined> {
    return this.postgres.transaction(async (trx) => {
      const state = await lockConversation(trx, id);
      const locked = state && (await readLocked(trx, state, needs));
      if (!locked) throw notFound('conversation');
      const change = decide(locked);
      return change && applyChange(trx, state, change, needs.actorId, locked.stamp);
    });
  }

  createGroup(group: NewGroup): Promise<Opened> {
    const { id, creatorId, title, policies } = group;
    return this.postgres.transaction(async (trx) => {
      const existing = await findConversation(trx, id);
      if (existing) {
        if (existing.created_by !== creatorId || existing.kind !== ConversationKind.Group) throw idTaken();
        return { id, kind: existing.kind, created: undefined };
      }
      const users = [creatorId, ...group.users];
      await lockExisting(trx, users);
      if ((await blockedWith(trx, creatorId, group.users)).size > 0) throw blocked();
      const given = { id, kind: ConversationKind.Group, title, ...policies, createdBy: creatorId };
      const { state, stamp } = await insertConversation(trx, given);
      const members = users.map((one) => joining(state, one, one === creatorId ? Role.Owner : Role.Member, stamp));
      const notice = { event: 'conversation.created' } as const;
      const message = Message.notice(members[0]!, group.noticeId, notice, stamp); // the creator
      return opened(trx, state, members, message, stamp);
    });
  }

  openPrivate(id: ConversationId, userId: UserId, otherId: UserId): Promise<Opened> {
    const users = [userId, otherId].toSorted();
    return this.postgres.transaction(async (trx) => {
      // Their locks come first: whoever blocks, or opens the same pair, waits here.
      await lockExisting(trx, users);
      const existing = await findPrivate(trx, userId, otherId);
      if (existing) return { id: existing, kind: ConversationKind.Private, created: undefined };
      if ((await blockedWith(trx, userId, [otherId])).size > 0) throw blocked();
      if (await findConversation(trx, id)) throw idTaken();
      const policies = { title: undefined, membersCanInvite: false, historyVisible: true };
      const given = { id, kind: ConversationKind.Private, ...policies, createdBy: userId };
      const { state, stamp } = await insertConversation(trx, given);
      const [low, high] = users as [UserId, UserId]; // two were given
      await trx.insertInto('private_pairs').values({ low, high, conversation_id: id }).execute();
      const members = users.map((one) => joining(state, one, Role.Member, stamp));
      return opened(trx, state, members, undefined, stamp);
    });
  }

  privateOf(userId: UserId, otherId: UserId): Promise<ConversationId | undefined> {
    return this.postgres.run((db) => findPrivate(db, userId, otherId));
  }

  async full(users: readonly UserId[], limit: number): Promise<ReadonlySet<UserId>> {
    const rows = await this.postgres.run((db) =>
      db
        .selectFrom('participants')
        .select('user_id')
        .where('user_id', '=', anyOf(users))
        .where('left_rev', 'is', null)
        .groupBy('user_id')
        .having((eb) => eb.fn.countAll(), '>=', limit)
        .execute(),
    );
    return new Set(rows.map((row) => row.user_id));
  }
}

const findConversation = (trx: Transaction<Database>, id: ConversationId) =>
  trx.selectFrom('conversations').select(['kind', 'created_by']).where('id', '=', id).executeTakeFirst();

const lockExisting = async (trx: Transaction<Database>, ids: readonly UserId[]): Promise<void> => {
  const users = await lockUsers(trx, ids);
  if (users.length < ids.length || users.some(({ disabled }) => disabled)) throw notFound('user');
};

/** Empty and before its first rev; the change that opens it makes it whole. */
const insertConversation = async (
  trx: Transaction<Database>,
  given: Pick<ConversationState, 'id' | 'kind' | 'title' | 'membersCanInvite' | 'historyVisible' | 'createdBy'>,
): Promise<{ state: ConversationState; stamp: Stamp }> => {
  const row = await trx
    .insertInto('conversations')
    .values({
      id: given.id,
      kind: given.kind,
      title: given.title ?? null,
      created_by: given.createdBy,
      members_can_invite: given.membersCanInvite,
      history_visible: given.historyVisible,
    })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .returning('created_at')
    .executeTakeFirst();
  if (!row) throw new RunAgain(); // somebody made it since it was looked for
  const counters = { seq: 0 as Seq, rev: 0 as Rev, changedRev: 1 as Rev, memberCount: 0 };
  return {
    state: { ...given, ...counters, createdAt: row.created_at, deletedAt: undefined },
    stamp: { rev: 1 as Rev, seq: 1 as Seq, at: row.created_at },
  };
};

const joining = ({ id }: ConversationState, userId: UserId, role: Role, { rev, at }: Stamp): Participant =>
  Participant.join({ conversationId: id, userId, role, firstSeq: 1 as Seq, rev, joinedAt: at });

const opened = async (
  trx: Transaction<Database>,
  state: ConversationState,
  members: readonly Participant[],
  message: Message | undefined,
  stamp: Stamp,
): Promise<Opened> => {
  const change = { event: 'conversation.created', members, message } as const;
  const { event, userEvents } = await applyChange(trx, state, change, state.createdBy, stamp);
  return { id: state.id, kind: state.kind, created: { event: event as ConversationCreated, userEvents } }; // its type is the change's
};

const idTaken = () => new Refusal('conflict', 'conversation_id_taken', 'another conversation has this id');
const blocked = () => new Refusal('forbidden', 'blocked', 'a block stands between you and one of them');
