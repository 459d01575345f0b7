import type { Acquaintances } from '#app/application/ports/acquaintances.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';
import { anyOf } from './rows.ts';
import { blockedWith } from './users-rows.ts';

export class PostgresAcquaintances implements Acquaintances {
  constructor(private readonly postgres: Postgres) {}

  of(userId: UserId, others: readonly UserId[]): Promise<ReadonlySet<UserId>> {
    if (others.length === 0) return Promise.resolve(new Set());
    return this.postgres.run(async (db) => {
      // Both sides by user: the conversations of each are few, the members of one may be ten thousand.
      const sharing = await db
        .selectFrom('participants as own')
        .innerJoin('participants as theirs', 'theirs.conversation_id', 'own.conversation_id')
        .select('theirs.user_id')
        .distinct()
        .where('own.user_id', '=', userId)
        .where('own.left_rev', 'is', null)
        .where('theirs.user_id', '=', anyOf(others))
        .where('theirs.user_id', '<>', userId)
        .where('theirs.left_rev', 'is', null)
        .execute();
      const ids = sharing.map(({ user_id }) => user_id);
      const blocked = ids.length > 0 ? await blockedWith(db, userId, ids) : new Set();
      return new Set(ids.filter((id) => !blocked.has(id)));
    });
  }

  async silenced(conversationId: ConversationId): Promise<boolean> {
    const row = await this.postgres.run((db) =>
      db.selectFrom('conversations').select('send_blocked').where('id', '=', conversationId).executeTakeFirst(),
    );
    return row?.send_blocked ?? false;
  }
}
