import { type RawBuilder, sql } from 'kysely';
import type { ConnectionRegistry, RegisteredConnection } from '#app/application/ports/connection-registry.ts';
import type { ConnectionId, SessionId, UserId } from '#app/domain/shared/ids.ts';
import { oldestFirst } from '../memory/memory-connection-registry.ts';
import type { Postgres } from './database.ts';
import { Gathered } from './gathered.ts';
import type { NodeLife } from './node-life.ts';
import { OwnRows } from './own-rows.ts';

const AT_ONCE = 500;

interface ConnectionRow {
  readonly id: ConnectionId;
  readonly user_id: UserId;
  readonly session_id: SessionId | null;
  readonly device_name: string | null;
  readonly device_platform: string | null;
  readonly device_version: string | null;
  readonly opened_at: Date;
}

/**
 * A row for each connection, under the life of its node. However many come and go at once, one statement at a time writes what
 * is true of them when it is sent, and one at a time counts.
 */
export class PostgresConnectionRegistry implements ConnectionRegistry {
  readonly #own = new Map<ConnectionId, RegisteredConnection>();
  readonly #rows: OwnRows<ConnectionId>;
  readonly #reads = new Gathered<UserId, readonly RegisteredConnection[]>((users) => this.#read(users), AT_ONCE);

  constructor(
    private readonly postgres: Postgres,
    private readonly life: NodeLife,
  ) {
    this.#rows = new OwnRows(life, this.#own, (ids) => this.#write(ids));
  }

  async *all(): AsyncIterable<RegisteredConnection> {
    for (let after = ''; ; ) {
      const { rows } = await this.postgres.run((db) =>
        sql<ConnectionRow>`${this.#living} WHERE id > ${after} ORDER BY id LIMIT ${AT_ONCE}`.execute(db),
      );
      yield* rows.map(connectionOf);
      const last = rows.at(-1);
      if (!last || rows.length < AT_ONCE) return;
      after = last.id;
    }
  }

  async exist(id: ConnectionId): Promise<boolean> {
    const { rows } = await this.postgres.run((db) => sql`${this.#living} WHERE id = ${id}`.execute(db));
    return rows.length > 0;
  }

  insert(connection: RegisteredConnection): Promise<void> {
    this.#own.set(connection.id, connection);
    return this.#rows.write(connection.id);
  }

  async update(connection: RegisteredConnection): Promise<boolean> {
    if (!this.#own.has(connection.id)) return false;
    await this.insert(connection);
    return true;
  }

  async remove(id: ConnectionId): Promise<boolean> {
    if (!this.#own.delete(id)) return false;
    await this.#rows.write(id);
    return true;
  }

  async ofUser(userId: UserId): Promise<readonly RegisteredConnection[]> {
    await this.#rows.tried();
    return this.#reads.add(userId);
  }

  get #living() {
    return sql`
      SELECT id, user_id, session_id, device_name, device_platform, device_version, opened_at
      FROM connections JOIN node_lives ON name = life AND beat_at > ${this.life.since}`;
  }

  /** One that was given up here may still be carried out there: then it leaves the rows of later lives alone. */
  #write(ids: readonly ConnectionId[]): RawBuilder<unknown> {
    const here = ids.flatMap((id) => this.#own.get(id) ?? []);
    const gone = ids.filter((id) => !this.#own.has(id));
    const column = (of: (connection: RegisteredConnection) => string | undefined) => here.map((one) => of(one) ?? null);
    return sql`
      WITH gone AS (DELETE FROM connections WHERE id = any(${gone}::text[]))
      INSERT INTO connections AS known
        (life, id, user_id, session_id, device_name, device_platform, device_version, opened_at)
      SELECT ${this.life.name}, * FROM unnest(
        ${column(({ id }) => id)}::text[], ${column(({ userId }) => userId)}::uuid[],
        ${column(({ sessionId }) => sessionId)}::uuid[], ${column(({ device }) => device?.name)}::text[],
        ${column(({ device }) => device?.platform)}::text[], ${column(({ device }) => device?.version)}::text[],
        ${column(({ openedAt }) => new Date(openedAt).toISOString())}::timestamptz[])
      ON CONFLICT (id) DO UPDATE SET life = excluded.life, user_id = excluded.user_id, session_id = excluded.session_id,
        device_name = excluded.device_name, device_platform = excluded.device_platform,
        device_version = excluded.device_version, opened_at = excluded.opened_at
      WHERE ${numberOf('known')} <= ${numberOf('excluded')}`;
  }

  async #read(users: readonly UserId[]): Promise<(userId: UserId) => readonly RegisteredConnection[]> {
    const { rows } = await this.postgres.run((db) =>
      sql<ConnectionRow>`${this.#living} WHERE user_id = any(${users}::uuid[])`.execute(db),
    );
    const found = new Map<UserId, RegisteredConnection[]>(users.map((userId) => [userId, []]));
    for (const row of rows) found.get(row.user_id)?.push(connectionOf(row));
    return (userId) => found.get(userId)?.toSorted(oldestFirst) ?? [];
  }
}

/** Which of its node's lives wrote a row. */
const numberOf = (row: string) => sql`substring(${sql.ref(`${row}.life`)} from '[0-9]+$')::bigint`;

const connectionOf = (row: ConnectionRow): RegisteredConnection => ({
  ...{ id: row.id, userId: row.user_id, sessionId: row.session_id ?? undefined, openedAt: row.opened_at.getTime() },
  device:
    row.device_name === null
      ? undefined
      : { name: row.device_name, platform: row.device_platform ?? '', version: row.device_version ?? '' },
});
