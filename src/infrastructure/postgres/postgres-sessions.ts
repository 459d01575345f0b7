import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { SecretHash } from '#app/application/ports/secrets.ts';
import type { NextToken, Opened, Rotation, Sessions, WhichSessions } from '#app/application/ports/sessions.ts';
import type { SessionEnd } from '#app/domain/identity/identity-events.ts';
import { badLogin } from '#app/domain/identity/identity-refusals.ts';
import type { NewSession, Session } from '#app/domain/identity/session.ts';
import type { SessionId, UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';
import type { IdentityTables } from './identity-schema.ts';
import type { Database } from './schema.ts';

const now = sql<Date>`clock_timestamp()`;
const fromNow = (ms: number) => sql<Date>`clock_timestamp() + ${ms} * interval '1 millisecond'`;
const live = sql<boolean>`sessions.ended_at is null and sessions.expires_at > clock_timestamp()`;

export class PostgresSessions implements Sessions {
  constructor(private readonly postgres: Postgres) {}

  open(session: NewSession, { hash, ttlMs }: NextToken, mostPerUser: number): Promise<Opened> {
    const { id, userId: user_id, kind, device } = session;
    return this.postgres.transaction(async (trx) => {
      await lockedEnabled(trx, user_id);
      const evicted = await evict(trx, user_id, mostPerUser - 1);
      await forgetOld(trx, user_id);
      const row = await trx
        .insertInto('sessions')
        .values({
          id,
          user_id,
          kind,
          device_name: device?.name ?? null,
          device_platform: device?.platform ?? null,
          device_version: device?.version ?? null,
          expires_at: fromNow(ttlMs),
        })
        .returningAll()
        .executeTakeFirstOrThrow();
      await issue(trx, id, hash, row.expires_at);
      return { session: toSession(row), evicted };
    });
  }

  rotate(presented: SecretHash, next: NextToken): Promise<Rotation> {
    return this.postgres.transaction(async (trx) => {
      // Of racing calls the second waits here, looks again, and finds the token used.
      const used = await trx
        .updateTable('refresh_tokens')
        .set({ used_at: now })
        .where('hash', '=', presented)
        .where('used_at', 'is', null)
        .where('expires_at', '>', now)
        .returning('session_id')
        .executeTakeFirst();
      return used === undefined ? spent(trx, presented) : renewed(trx, used.session_id, next);
    });
  }

  async find(id: SessionId): Promise<Session | undefined> {
    const [row] = await this.postgres.prepared('live_session', (db) =>
      db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .selectAll('sessions')
        .where('sessions.id', '=', id)
        .where(live)
        .where('users.disabled_at', 'is', null),
    );
    return row && toSession(row);
  }

  list(userId: UserId): Promise<readonly Session[]> {
    return this.postgres.run(async (db) => {
      const rows = await db
        .selectFrom('sessions')
        .innerJoin('users', 'users.id', 'sessions.user_id')
        .selectAll('sessions')
        .where('user_id', '=', userId)
        .where(live)
        .where('users.disabled_at', 'is', null)
        .orderBy('last_used_at', 'desc')
        .orderBy('sessions.id', 'desc')
        .execute();
      return rows.map(toSession);
    });
  }

  revoke(userId: UserId, which: WhichSessions, reason: SessionEnd): Promise<readonly SessionId[]> {
    // A transaction, because two that end all may meet in a deadlock, and that repeats.
    return this.postgres.transaction((trx) => endSessions(trx, userId, which, reason));
  }
}

/** Ends those of the user's sessions that had not ended; gives them. */
export const endSessions = async (
  db: Kysely<Database>,
  userId: UserId,
  which: WhichSessions,
  reason: SessionEnd,
): Promise<readonly SessionId[]> => {
  let update = db
    .updateTable('sessions')
    .set({ ended_at: now, ended_by: reason })
    .where('user_id', '=', userId)
    .where('ended_at', 'is', null);
  if (which !== 'all')
    update = 'only' in which ? update.where('id', '=', which.only) : update.where('id', '!=', which.except);
  const rows = await update.returning('id').execute();
  return rows.map(({ id }) => id);
};

/** Serialises the logins of one user, and sees a disabling that committed a moment ago. */
const lockedEnabled = async (trx: Transaction<Database>, userId: UserId) => {
  const user = await trx
    .selectFrom('users')
    .select('id')
    .where('id', '=', userId)
    .where('disabled_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (user === undefined) throw badLogin();
};

const evict = async (trx: Transaction<Database>, userId: UserId, stay: number): Promise<readonly SessionId[]> => {
  const rows = await trx
    .updateTable('sessions')
    .set({ ended_at: now, ended_by: 'too_many_sessions' })
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('sessions')
        .select('id')
        .where('user_id', '=', userId)
        .where(live)
        .orderBy('last_used_at', 'desc')
        .orderBy('id', 'desc')
        .offset(stay),
    )
    .returning('id')
    .execute();
  return rows.map(({ id }) => id);
};

/** Long past its end a session tells nothing more, nor do its tokens. */
const forgetOld = (trx: Transaction<Database>, userId: UserId) =>
  trx
    .deleteFrom('sessions')
    .where('user_id', '=', userId)
    .where('expires_at', '<', sql<Date>`clock_timestamp() - interval '30 days'`)
    .execute();

const issue = (trx: Transaction<Database>, session_id: SessionId, hash: SecretHash, expires_at: Date) =>
  trx.insertInto('refresh_tokens').values({ hash, session_id, expires_at, used_at: null }).execute();

const renewed = async (
  trx: Transaction<Database>,
  sessionId: SessionId,
  { hash, ttlMs }: NextToken,
): Promise<Rotation> => {
  const row = await trx
    .updateTable('sessions')
    .from('users')
    .set({ last_used_at: now, expires_at: fromNow(ttlMs) })
    .whereRef('users.id', '=', 'sessions.user_id')
    .where('sessions.id', '=', sessionId)
    .where(live)
    .where('users.disabled_at', 'is', null)
    .returningAll('sessions')
    .executeTakeFirst();
  if (row === undefined) return { outcome: 'refused' };
  await trx.deleteFrom('refresh_tokens').where('session_id', '=', sessionId).where('expires_at', '<=', now).execute();
  await issue(trx, sessionId, hash, row.expires_at);
  return { outcome: 'rotated', session: toSession(row) };
};

/** The token can't be used: was it ever one? */
const spent = async (trx: Transaction<Database>, presented: SecretHash): Promise<Rotation> => {
  const row = await trx
    .selectFrom('refresh_tokens')
    .innerJoin('sessions', 'sessions.id', 'session_id')
    .select(['session_id', 'user_id'])
    .where('hash', '=', presented)
    .where('used_at', 'is not', null)
    .where('refresh_tokens.expires_at', '>', now)
    .executeTakeFirst();
  if (row === undefined) return { outcome: 'refused' };
  const ended = await endSessions(trx, row.user_id, { only: row.session_id }, 'refresh_reused');
  return { outcome: 'reused', sessionId: row.session_id, userId: row.user_id, ended: ended.length > 0 };
};

const toSession = (row: Selectable<IdentityTables['sessions']>): Session => ({
  id: row.id,
  userId: row.user_id,
  kind: row.kind,
  device:
    row.device_name === null
      ? undefined
      : { name: row.device_name, platform: row.device_platform ?? '', version: row.device_version ?? '' },
  createdAt: row.created_at,
  lastUsedAt: row.last_used_at,
  expiresAt: row.expires_at,
});
