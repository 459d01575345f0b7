import { type Kysely, sql } from 'kysely';
import type { ChangedOwnRow, ChangedRow, Feed, Page, Standing } from '#app/application/ports/feed.ts';
import type { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';
import {
  anyOf,
  conversationColumns,
  conversationOf,
  membershipOf,
  messageColumns,
  messageOf,
  ownColumns,
  participantColumns,
  participantOf,
  unread,
} from './rows.ts';
import type { Database } from './schema.ts';

interface Range {
  readonly after: Rev;
  readonly upTo: Rev;
  readonly firstSeq: Seq;
}
interface OwnRange {
  readonly after: Urev;
  readonly upTo: Urev;
}

/**
 * A page is read from one table after the other and needs no common snapshot: a row that changes between two reads gets
 * a counter beyond `upTo` and belongs to a later page.
 */
export class PostgresFeed implements Feed {
  constructor(private readonly postgres: Postgres) {}

  epoch(): Promise<string> {
    return this.postgres.epoch();
  }

  standings(userId: UserId, only?: readonly ConversationId[]): Promise<readonly Standing[]> {
    return only
      ? this.postgres.run((db) => standings(db, userId).where('p.conversation_id', '=', anyOf(only)).execute())
      : this.postgres.prepared('standings', (db) => standings(db, userId));
  }

  async heads(ids: readonly ConversationId[]): Promise<ReadonlyMap<ConversationId, Rev>> {
    const rows = await this.postgres.run((db) =>
      db.selectFrom('conversations').select(['id', 'rev']).where('id', '=', anyOf(ids)).execute(),
    );
    return new Map(rows.map(({ id, rev }) => [id, rev]));
  }

  async userHeads(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Urev>> {
    const rows = await this.postgres.prepared('user_heads', (db) =>
      db.selectFrom('users').select(['id', 'urev']).where('id', '=', anyOf(ids)),
    );
    return new Map(rows.map(({ id, urev }) => [id, urev]));
  }

  changes(id: ConversationId, { limit, ...range }: Range & { limit: number }): Promise<Page<ChangedRow>> {
    const read = (within: Range, most: number) => this.postgres.run((db) => changedRows(db, id, within, most));
    return paged(read, range, limit, ({ rev }) => rev);
  }

  async countChanges(id: ConversationId, range: Range, most: number): Promise<number> {
    const one = sql.lit(1).as('one');
    const { count } = await this.postgres.run((db) =>
      db
        .selectFrom(
          changedMessages(db, id, range)
            .select(one)
            .unionAll(changedMembers(db, id, range).select(one))
            .unionAll(changedConversation(db, id, range).select(one))
            .limit(most)
            .as('changed'),
        )
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow(),
    );
    return count;
  }

  ownChanges(userId: UserId, { limit, ...range }: OwnRange & { limit: number }): Promise<Page<ChangedOwnRow>> {
    const read = (within: OwnRange, most: number) =>
      this.postgres.run((db) => changedOwnRows(db, userId, within, most));
    return paged(read, range, limit, ({ urev }) => urev);
  }
}

const standings = (db: Kysely<Database>, userId: UserId) =>
  db
    .selectFrom('participants as p')
    .innerJoin('conversations as c', 'c.id', 'p.conversation_id')
    .select(['c.id as conversationId', 'c.rev', 'p.first_seq as firstSeq', 'p.joined_rev as joinedRev'])
    .where('p.user_id', '=', userId)
    .where('p.left_rev', 'is', null);

const changedMessages = (db: Kysely<Database>, id: ConversationId, { after, upTo, firstSeq }: Range) =>
  db
    .selectFrom('messages as m')
    .where('m.conversation_id', '=', id)
    .where('m.rev', '>', after)
    .where('m.rev', '<=', upTo)
    .where('m.seq', '>=', firstSeq);

const changedMembers = (db: Kysely<Database>, id: ConversationId, { after, upTo }: Range) =>
  db
    .selectFrom('participants as p')
    .where('p.conversation_id', '=', id)
    .where('p.rev', '>', after)
    .where('p.rev', '<=', upTo);

const changedConversation = (db: Kysely<Database>, id: ConversationId, { after, upTo }: Range) =>
  db
    .selectFrom('conversations as c')
    .where('c.id', '=', id)
    .where('c.changed_rev', '>', after)
    .where('c.changed_rev', '<=', upTo);

/** By rev; at least the first `most` of them are all that there are. */
const changedRows = async (
  db: Kysely<Database>,
  id: ConversationId,
  range: Range,
  most: number,
): Promise<readonly ChangedRow[]> => {
  const conversation = await changedConversation(db, id, range).select(conversationColumns).execute();
  const members = await changedMembers(db, id, range)
    .select(participantColumns)
    .orderBy('p.rev')
    .orderBy('p.user_id')
    .limit(most)
    .execute();
  const messages = await changedMessages(db, id, range).select(messageColumns).orderBy('m.rev').limit(most).execute();
  const rows: ChangedRow[] = [
    ...conversation.map((row) => ({
      kind: 'conversation' as const,
      rev: row.c_changed_rev,
      conversation: conversationOf(row),
    })),
    ...members.map((row) => ({ kind: 'member' as const, rev: row.p_rev, member: participantOf(row) })),
    ...messages.map((row) => ({ kind: 'message' as const, rev: row.m_rev, message: messageOf(row) })),
  ];
  return rows.toSorted((a, b) => a.rev - b.rev);
};

/** By urev, as above. */
const changedOwnRows = async (
  db: Kysely<Database>,
  userId: UserId,
  { after, upTo }: OwnRange,
  most: number,
): Promise<readonly ChangedOwnRow[]> => {
  const memberships = await db
    .selectFrom('participants as p')
    .select([...participantColumns, ...ownColumns, unread('p.')])
    .where('p.user_id', '=', userId)
    .where('p.urev', '>', after)
    .where('p.urev', '<=', upTo)
    .orderBy('p.urev')
    .limit(most)
    .execute();
  const blocks = await db
    .selectFrom('blocks')
    .select(['urev', 'blocked_id', 'lifted'])
    .where('user_id', '=', userId)
    .where('urev', '>', after)
    .where('urev', '<=', upTo)
    .orderBy('urev')
    .limit(most)
    .execute();
  const profile = await db
    .selectFrom('users')
    .select(['profile_urev', 'handle', 'display_name'])
    .where('id', '=', userId)
    .where('profile_urev', '>', after)
    .where('profile_urev', '<=', upTo)
    .execute();
  const rows: ChangedOwnRow[] = [
    ...memberships.map((row) => ({ kind: 'membership' as const, urev: row.p_urev, membership: membershipOf(row) })),
    ...blocks.map((row) => ({
      kind: 'block' as const,
      urev: row.urev,
      blockedId: row.blocked_id,
      blocked: !row.lifted,
    })),
    ...profile.map((row) => ({
      kind: 'profile' as const,
      urev: row.profile_urev,
      handle: row.handle ?? undefined,
      displayName: row.display_name,
    })),
  ];
  return rows.toSorted((a, b) => a.urev - b.urev);
};

/** Cuts between two counters; the rows of one counter that alone are more than a page are a page all the same. */
const paged = async <Row, C extends Rev | Urev, Within extends { readonly after: C; readonly upTo: C }>(
  read: (within: Within, most: number) => Promise<readonly Row[]>,
  within: Within,
  limit: number,
  counterOf: (row: Row) => C,
): Promise<Page<Row>> => {
  const rows = await read(within, limit + 1);
  const over = rows[limit];
  if (over === undefined) return { rows, more: false };
  const counter = counterOf(over);
  const whole = rows.findIndex((row) => counterOf(row) === counter);
  if (whole > 0) return { rows: rows.slice(0, whole), more: true };
  const all = await read({ ...within, upTo: counter }, Number.MAX_SAFE_INTEGER);
  const next = await read({ ...within, after: counter }, 1);
  return { rows: all, more: next.length > 0 };
};
