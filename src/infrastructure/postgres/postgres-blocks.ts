import { sql } from 'kysely';
import type { Blocks } from '#app/application/ports/own-state.ts';
import type { BlockChanged } from '#app/domain/chat/chat-events.ts';
import { invalid, notFound } from '#app/domain/shared/domain-error.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import { type Postgres, RunAgain } from './database.ts';
import { blockedWith, findPrivate, lockUsers, nextUrevs } from './users-rows.ts';

export class PostgresBlocks implements Blocks {
  constructor(private readonly postgres: Postgres) {}

  async set(userId: UserId, blockedId: UserId, blocked: boolean): Promise<BlockChanged | undefined> {
    if (userId === blockedId) throw invalid('userId', 'another user', 'block_self');
    return this.postgres.transaction(async (trx) => {
      const shared = await findPrivate(trx, userId, blockedId);
      if (shared)
        await trx.selectFrom('conversations').select('id').where('id', '=', shared).forNoKeyUpdate().execute();
      const users = await lockUsers(trx, [userId, blockedId]);
      if (users.length < 2) throw notFound('user');
      // Whoever opens a private conversation holds these two locks; one opened just before has to be locked first.
      if (!shared && (await findPrivate(trx, userId, blockedId))) throw new RunAgain();

      const before = await trx
        .selectFrom('blocks')
        .select('lifted')
        .where('user_id', '=', userId)
        .where('blocked_id', '=', blockedId)
        .executeTakeFirst();
      if ((before?.lifted === false) === blocked) return undefined;
      const urev = (await nextUrevs(trx, [userId])).get(userId)!; // locked above
      await trx
        .insertInto('blocks')
        .values({ user_id: userId, blocked_id: blockedId, urev, lifted: !blocked })
        .onConflict((conflict) =>
          conflict
            .columns(['user_id', 'blocked_id'])
            .doUpdateSet({ urev, lifted: !blocked, ...(blocked && { since: sql<Date>`clock_timestamp()` }) }),
        )
        .execute();
      if (shared) {
        const send_blocked = (await blockedWith(trx, userId, [blockedId])).size > 0;
        await trx.updateTable('conversations').set({ send_blocked }).where('id', '=', shared).execute();
      }
      return { type: 'block.changed', userId, urev, blockedId, blocked };
    });
  }

  list(
    userId: UserId,
    { limit, after }: { limit: number; after?: UserId | undefined },
  ): Promise<readonly { userId: UserId; since: Date }[]> {
    return this.postgres.run((db) =>
      db
        .selectFrom('blocks')
        .select(['blocked_id as userId', 'since'])
        .where('user_id', '=', userId)
        .where('lifted', '=', false)
        .$if(after !== undefined, (query) => query.where('blocked_id', '>', after!)) // just looked at
        .orderBy('blocked_id')
        .limit(limit)
        .execute(),
    );
  }
}
