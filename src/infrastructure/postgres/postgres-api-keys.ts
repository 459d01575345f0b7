import { type Selectable, sql } from 'kysely';
import type { ApiKeys } from '#app/application/ports/api-keys.ts';
import type { SecretHash } from '#app/application/ports/secrets.ts';
import type { ApiKey } from '#app/domain/identity/api-key.ts';
import { tooManyApiKeys } from '#app/domain/identity/identity-refusals.ts';
import type { ApiKeyId, UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';
import type { IdentityTables } from './identity-schema.ts';

const live = sql<boolean>`api_keys.revoked_at is null and coalesce(api_keys.expires_at > clock_timestamp(), true)`;

export class PostgresApiKeys implements ApiKeys {
  constructor(private readonly postgres: Postgres) {}

  add(
    { id, userId: user_id, name }: Pick<ApiKey, 'id' | 'userId' | 'name'>,
    hash: SecretHash,
    ttlMs: number | undefined,
    mostPerUser: number,
  ): Promise<ApiKey> {
    return this.postgres.transaction(async (trx) => {
      await trx.selectFrom('users').select('id').where('id', '=', user_id).forNoKeyUpdate().execute();
      const { count } = await trx
        .selectFrom('api_keys')
        .select((eb) => eb.fn.countAll().as('count'))
        .where('user_id', '=', user_id)
        .where(live)
        .executeTakeFirstOrThrow();
      if (Number(count) >= mostPerUser) throw tooManyApiKeys();
      const expires_at =
        ttlMs === undefined ? null : sql<Date>`clock_timestamp() + ${ttlMs} * interval '1 millisecond'`;
      const row = await trx
        .insertInto('api_keys')
        .values({ id, user_id, name, hash, expires_at })
        .returningAll()
        .executeTakeFirstOrThrow();
      return toApiKey(row);
    });
  }

  findByHash(hash: SecretHash): Promise<ApiKey | undefined> {
    return this.postgres.run(async (db) => {
      const row = await db
        .selectFrom('api_keys')
        .innerJoin('users', 'users.id', 'api_keys.user_id')
        .selectAll('api_keys')
        .where('hash', '=', hash)
        .where(live)
        .where('users.disabled_at', 'is', null)
        .executeTakeFirst();
      return row && toApiKey(row);
    });
  }

  list(userId: UserId): Promise<readonly ApiKey[]> {
    return this.postgres.run(async (db) => {
      const rows = await db
        .selectFrom('api_keys')
        .selectAll()
        .where('user_id', '=', userId)
        .where(live)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .execute();
      return rows.map(toApiKey);
    });
  }

  revoke(userId: UserId, id: ApiKeyId): Promise<boolean> {
    return this.postgres.run(async (db) => {
      const result = await db
        .updateTable('api_keys')
        .set({ revoked_at: sql`clock_timestamp()` })
        .where('id', '=', id)
        .where('user_id', '=', userId)
        .where(live)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    });
  }
}

const toApiKey = (row: Selectable<IdentityTables['api_keys']>): ApiKey => ({
  id: row.id,
  userId: row.user_id,
  name: row.name,
  expiresAt: row.expires_at ?? undefined,
  createdAt: row.created_at,
});
