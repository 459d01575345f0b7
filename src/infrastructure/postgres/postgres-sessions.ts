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

  rotate(presented: SecretHash, next: NextToken, graceMs: number): Promise<Rotation> {
    return this.postgres.transaction(async (trx) => {
      await lockSessionOf(trx, presented);
      const token = await presentedToken(trx, presented, graceMs);
      if (token === undefined) return { outcome: 'refused' };
      if (token.spent && !token.unanswered) return reused(trx, token);
      const session = await prolonged(trx, token.session_id, next.ttlMs);
      if (session === undefined) return { outcome: 'refused' };
      await trx
        .deleteFrom('refresh_tokens')
        .where('session_id', '=', session.id)
        .where('expires_at', '<=', now)
        .execute();
      await exchange(trx, presented, token.successor, next.hash);
      await issue(trx, session.id, next.hash, session.expires_at);
      return { outcome: 'rotated', session: toSession(session) };
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
  trx.insertInto('refresh_tokens').values({ hash, session_id, expires_at, used_at: null, successor: null }).execute();

/** Of racing calls for one session each waits here for the one before, and looks at the tokens afterwards. */
const lockSessionOf = (trx: Transaction<Database>, presented: SecretHash) =>
  trx
    .selectFrom('sessions')
    .select('id')
    .where('id', '=', (eb) => eb.selectFrom('refresh_tokens').select('session_id').where('hash', '=', presented))
    .forNoKeyUpdate()
    .execute();

/** Undefined for what never was a token, or has expired. `unanswered`: spent a moment ago for one that nobody used. */
const presentedToken = (trx: Transaction<Database>, presented: SecretHash, graceMs: number) =>
  trx
    .selectFrom('refresh_tokens as token')
    .innerJoin('sessions', 'sessions.id', 'token.session_id')
    .leftJoin('refresh_tokens as next', 'next.hash', 'token.successor')
    .select(['token.session_id', 'sessions.user_id', 'token.successor'])
    .select(sql<boolean>`token.used_at is not null`.as('spent'))
    .select(
      sql<boolean>`coalesce(next.hash is not null and next.used_at is null
        and token.used_at + ${graceMs} * interval '1 millisecond' > clock_timestamp(), false)`.as('unanswered'),
    )
    .where('token.hash', '=', presented)
    .where('token.expires_at', '>', now)
    .executeTakeFirst();

/** Undefined when the session is not live. */
const prolonged = (trx: Transaction<Database>, sessionId: SessionId, ttlMs: number) =>
  trx
    .updateTable('sessions')
    .from('users')
    .set({ last_used_at: now, expires_at: fromNow(ttlMs) })
    .whereRef('users.id', '=', 'sessions.user_id')
    .where('sessions.id', '=', sessionId)
    .where(live)
    .where('users.disabled_at', 'is', null)
    .returningAll('sessions')
    .executeTakeFirst();

/** What `presented` was exchanged for before is void from now on; the time of its first exchange stays. */
const exchange = (
  trx: Transaction<Database>,
  presented: SecretHash,
  before: SecretHash | null,
  successor: SecretHash,
) =>
  trx
    .updateTable('refresh_tokens')
    .set({
      used_at: sql<Date>`coalesce(used_at, clock_timestamp())`,
      successor: sql<SecretHash | null>`case when hash = ${presented} then ${successor}::bytea end`,
    })
    .where('hash', 'in', before === null ? [presented] : [presented, before])
    .execute();

/** The token can't be used any more, and somebody did. */
const reused = async (
  trx: Transaction<Database>,
  { session_id: sessionId, user_id: userId }: { session_id: SessionId; user_id: UserId },
): Promise<Rotation> => {
  const ended = await endSessions(trx, userId, { only: sessionId }, 'refresh_reused');
  return { outcome: 'reused', sessionId, userId, ended: ended.length > 0 };
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
