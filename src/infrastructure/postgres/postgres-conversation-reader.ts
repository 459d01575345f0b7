import type { Kysely } from 'kysely';
import type {
  ConversationReader,
  ListCursor,
  ListedConversation,
  ReadAccess,
} from '#app/application/ports/conversation-reader.ts';
import { ConversationKind } from '#app/domain/chat/conversation.ts';
import type { Receipt } from '#app/domain/chat/membership.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import { notFound } from '#app/domain/shared/domain-error.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';
import {
  conversationColumns,
  conversationOf,
  type ConversationRow,
  membershipOf,
  messageColumns,
  messageOf,
  type MessageRow,
  ownColumns,
  type OwnRow,
  participantColumns,
  participantOf,
  type ParticipantRow,
  unread,
} from './rows.ts';
import type { Database } from './schema.ts';

/**
 * Every read of content begins at the reader's own participants row, in the same statement: a proof that is older than
 * their removal reads nothing, and one row that carries nothing tells "empty" from "no member".
 */
export class PostgresConversationReader implements ConversationReader {
  constructor(private readonly postgres: Postgres) {}

  async access(conversationId: ConversationId, userId: UserId): Promise<ReadAccess> {
    const row = await this.postgres.run((db) =>
      own(db, { conversationId, userId }).select(['own.role', 'own.first_seq']).executeTakeFirst(),
    );
    if (!row) throw notFound('conversation');
    return { conversationId, userId, role: row.role, firstSeq: row.first_seq };
  }

  async list(
    userId: UserId,
    { limit, after, archived }: { limit: number; after?: ListCursor | undefined; archived: boolean },
  ): Promise<readonly ListedConversation[]> {
    // The window is cut before anything is looked up per conversation.
    const rows = await this.postgres.run((db) =>
      listed(db, (page) =>
        page
          .where('p.user_id', '=', userId)
          .$if(!archived, (query) => query.where('p.archived', '=', false))
          .$if(after !== undefined, (query) =>
            query.where(
              (eb) => eb(eb.refTuple('c.active_at', 'c.id'), '<', eb.tuple(after!.activeAt, after!.id)), // just looked at
            ),
          )
          .orderBy('c.active_at', 'desc')
          .orderBy('c.id', 'desc')
          .limit(limit),
      ).execute(),
    );
    return rows.map(lineOf);
  }

  async get({ conversationId, userId }: ReadAccess): Promise<ListedConversation> {
    const row = await this.postgres.run((db) =>
      listed(db, (line) => line.where('p.user_id', '=', userId).where('c.id', '=', conversationId)).executeTakeFirst(),
    );
    if (!row) throw notFound('conversation');
    return lineOf(row);
  }

  async history(
    access: ReadAccess,
    { limit, before, after }: { limit: number; before?: Seq | undefined; after?: Seq | undefined },
  ): Promise<readonly MessageState[]> {
    const forward = before === undefined && after !== undefined;
    const rows = await this.postgres.run((db) =>
      own(db, access)
        .leftJoinLateral(
          (eb) =>
            eb
              .selectFrom('messages as m')
              .select(messageColumns)
              .where('m.conversation_id', '=', access.conversationId)
              .whereRef('m.seq', '>=', 'own.first_seq')
              // Counters have no holes, so a page ends `limit` below `before`: said aloud, because the planner takes any
              // range with an unknown end for a narrow one, and would fetch all of it to sort out the page.
              .$if(before !== undefined, (query) =>
                query.where('m.seq', '<', before!).where('m.seq', '>=', (before! - limit) as Seq),
              )
              .$if(after !== undefined, (query) => query.where('m.seq', '>', after!)) // the same
              .orderBy('m.seq', forward ? 'asc' : 'desc')
              .limit(limit)
              .as('page'),
          (join) => join.onTrue(),
        )
        .selectAll('page')
        .orderBy('page.m_seq')
        .execute(),
    );
    return present(rows, 'm_id').map((row) => messageOf(row as MessageRow)); // all or none of its columns are null
  }

  async members(
    access: ReadAccess,
    { limit, after }: { limit: number; after?: UserId | undefined },
  ): Promise<readonly ParticipantState[]> {
    const rows = await this.postgres.run((db) =>
      own(db, access)
        .leftJoinLateral(
          (eb) =>
            eb
              .selectFrom('participants as p')
              .select(participantColumns)
              .where('p.conversation_id', '=', access.conversationId)
              .where('p.left_rev', 'is', null)
              .$if(after !== undefined, (query) => query.where('p.user_id', '>', after!)) // just looked at
              .orderBy('p.user_id')
              .limit(limit)
              .as('page'),
          (join) => join.onTrue(),
        )
        .selectAll('page')
        .orderBy('page.p_user_id')
        .execute(),
    );
    return present(rows, 'p_user_id').map((row) => participantOf(row as ParticipantRow)); // as above
  }

  async receipts(
    access: ReadAccess,
    { limit, after, readSince }: { limit: number; after?: UserId | undefined; readSince?: Seq | undefined },
  ): Promise<readonly Receipt[]> {
    const { conversationId } = access;
    const rows = await this.postgres.run((db) =>
      own(db, access)
        .leftJoinLateral(
          (eb) =>
            eb
              .selectFrom('participants as p')
              .select(['p.user_id', 'p.read_seq', 'p.delivered_seq'])
              .where('p.conversation_id', '=', conversationId)
              .where('p.left_rev', 'is', null)
              .$if(after !== undefined, (query) => query.where('p.user_id', '>', after!)) // just looked at
              .$if(readSince !== undefined, (query) => query.where('p.read_seq', '>=', readSince!)) // the same
              .orderBy('p.user_id')
              .limit(limit)
              .as('page'),
          (join) => join.onTrue(),
        )
        .selectAll('page')
        .orderBy('page.user_id')
        .execute(),
    );
    return present(rows, 'user_id').map((row) => ({
      conversationId,
      userId: row.user_id!, // all or none of its columns are null
      readSeq: row.read_seq!,
      deliveredSeq: row.delivered_seq!,
    }));
  }
}

const own = (db: Kysely<Database>, { conversationId, userId }: Pick<ReadAccess, 'conversationId' | 'userId'>) =>
  db
    .selectFrom('participants as own')
    .where('own.conversation_id', '=', conversationId)
    .where('own.user_id', '=', userId)
    .where('own.left_rev', 'is', null);

/** @throws Refusal `not_found` when not even the reader's own row was there */
const present = <Row>(rows: readonly Row[], key: keyof Row): readonly Row[] => {
  if (rows.length === 0) throw notFound('conversation');
  return rows.filter((row) => row[key] !== null);
};

const memberships = (db: Kysely<Database>) =>
  db
    .selectFrom('participants as p')
    .innerJoin('conversations as c', 'c.id', 'p.conversation_id')
    .select([...conversationColumns, 'c.active_at as c_active_at', ...participantColumns, ...ownColumns])
    .where('p.left_rev', 'is', null);

/** The lines of a list; `cut` picks them before anything is looked up for each. Logs have no holes: the last entry is at the head. */
const listed = (db: Kysely<Database>, cut: (all: ReturnType<typeof memberships>) => ReturnType<typeof memberships>) =>
  db
    .selectFrom(cut(memberships(db)).as('line'))
    .leftJoin('participants as other', (join) =>
      join
        .onRef('other.conversation_id', '=', 'line.c_id')
        .onRef('other.user_id', '<>', 'line.p_user_id')
        .on('line.c_kind', '=', ConversationKind.Private),
    )
    .leftJoinLateral(
      (eb) =>
        eb
          .selectFrom('messages as m')
          .select(messageColumns)
          .whereRef('m.conversation_id', '=', 'line.c_id')
          .whereRef('m.seq', '=', 'line.c_seq')
          .whereRef('m.seq', '>=', 'line.p_first_seq')
          .limit(1) // keeps it a look per line, whatever the planner knows
          .as('last'),
      (join) => join.onTrue(),
    )
    .selectAll(['line', 'last'])
    .select(['other.user_id as other_id', unread('line.p_')])
    .orderBy('line.c_active_at', 'desc')
    .orderBy('line.c_id', 'desc');

const lineOf = (
  row: ConversationRow & OwnRow & { c_active_at: Date; other_id: UserId | null } & { m_id: unknown },
): ListedConversation => ({
  conversation: conversationOf(row),
  membership: membershipOf(row),
  role: row.p_role,
  otherId: row.other_id ?? undefined,
  lastMessage: row.m_id === null ? undefined : messageOf(row as unknown as MessageRow), // all or none of its columns are null
  activeAt: row.c_active_at,
});
