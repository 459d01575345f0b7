import { sql } from 'kysely';
import type { LastSeen } from '#app/application/ports/last-seen.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';
import { anyOf } from './rows.ts';

export class PostgresLastSeen implements LastSeen {
  constructor(private readonly postgres: Postgres) {}

  async note(agoMs: ReadonlyMap<UserId, number>): Promise<void> {
    if (agoMs.size === 0) return;
    const [ids, ages] = [[...agoMs.keys()], [...agoMs.values()]];
    // In the order of the ids, so that two nodes never wait for each other.
    await this.postgres.run((db) =>
      sql`
        INSERT INTO last_seen AS known (user_id, at)
        SELECT seen.id, now() - seen.ms * interval '1 millisecond'
        FROM unnest(${ids}::uuid[], ${ages}::float8[]) AS seen (id, ms)
        JOIN users ON users.id = seen.id
        ORDER BY seen.id
        ON CONFLICT (user_id) DO UPDATE SET at = excluded.at WHERE known.at < excluded.at`.execute(db),
    );
  }

  async of(users: readonly UserId[]): Promise<ReadonlyMap<UserId, Date>> {
    if (users.length === 0) return new Map();
    const rows = await this.postgres.run((db) =>
      db
        .selectFrom('last_seen')
        .innerJoin('users', 'users.id', 'last_seen.user_id')
        .select(['last_seen.user_id', 'last_seen.at'])
        .where('last_seen.user_id', '=', anyOf(users))
        .where('users.last_seen_visible', '=', true)
        .execute(),
    );
    return new Map(rows.map(({ user_id, at }) => [user_id, at]));
  }
}
