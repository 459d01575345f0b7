import { type Kysely, sql, type Transaction } from 'kysely';
import type { Urev } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { anyOf } from './rows.ts';
import type { Database } from './schema.ts';

/**
 * Locks users in the order of their ids, after conversations and before participants, as everybody does: so no two
 * transactions wait for each other. Unknown ones are missing.
 */
export const lockUsers = (trx: Transaction<Database>, ids: readonly UserId[]) =>
  trx
    .selectFrom('users')
    .select(['id', 'urev', sql<boolean>`disabled_at IS NOT NULL`.as('disabled')])
    .where('id', '=', anyOf(ids))
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();

/** Takes the next urev of each. */
export const nextUrevs = async (
  trx: Transaction<Database>,
  ids: readonly UserId[],
): Promise<ReadonlyMap<UserId, Urev>> => {
  await lockUsers(trx, ids);
  const rows = await trx
    .updateTable('users')
    .set({ urev: sql`urev + 1` })
    .where('id', '=', anyOf(ids))
    .returning(['id', 'urev'])
    .execute();
  return new Map(rows.map(({ id, urev }) => [id, urev]));
};

/** Those of `others` between whom and `one` a block stands, whoever set it. */
export const blockedWith = async (
  db: Kysely<Database>,
  one: UserId,
  others: readonly UserId[],
): Promise<ReadonlySet<UserId>> => {
  const rows = await db
    .selectFrom('blocks')
    .select(['user_id', 'blocked_id'])
    .where('lifted', '=', false)
    .where((eb) =>
      eb.or([
        eb.and([eb('user_id', '=', one), eb('blocked_id', '=', anyOf(others))]),
        eb.and([eb('blocked_id', '=', one), eb('user_id', '=', anyOf(others))]),
      ]),
    )
    .execute();
  return new Set(rows.map((row) => (row.user_id === one ? row.blocked_id : row.user_id)));
};

/** The private conversation of two users, in whichever order they are given. */
export const findPrivate = async (
  db: Kysely<Database>,
  one: UserId,
  other: UserId,
): Promise<ConversationId | undefined> => {
  const [low, high] = one < other ? [one, other] : [other, one];
  const row = await db
    .selectFrom('private_pairs')
    .select('conversation_id as id')
    .where('low', '=', low)
    .where('high', '=', high)
    .executeTakeFirst();
  return row?.id;
};
