import { type RawBuilder, sql } from 'kysely';
import type { PresenceStore } from '#app/application/ports/presence-store.ts';
import { type DeviceStatus, overDevices } from '#app/domain/connection/presence.ts';
import { unavailable } from '#app/domain/shared/domain-error.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';
import type { NodeLife } from './node-life.ts';
import { OwnRows } from './own-rows.ts';

interface Other {
  /** Null in the one row that says that there is nobody. */
  readonly user_id: UserId | null;
  readonly status: DeviceStatus;
}

/**
 * A row for each user, under the life of the node that has them, written with one statement at a time for all that changed
 * since the one before. There is no word between these nodes: what another one changed is seen at the next beat, by a count.
 */
export class PostgresPresence implements PresenceStore {
  readonly #own = new Map<UserId, DeviceStatus>();
  readonly #rows: OwnRows<UserId>;

  constructor(
    private readonly postgres: Postgres,
    private readonly life: NodeLife,
  ) {
    this.#rows = new OwnRows(life, this.#own, (users) => this.#write(users));
  }

  set(userId: UserId, status: DeviceStatus | undefined): Promise<void> {
    if (status) this.#own.set(userId, status);
    else this.#own.delete(userId);
    return this.#rows.write(userId);
  }

  async read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, DeviceStatus>> {
    const rows = await this.#others(users);
    const statuses = new Map<UserId, DeviceStatus[]>();
    for (const userId of users) {
      const own = this.#own.get(userId);
      statuses.set(userId, own ? [own] : []);
    }
    for (const { user_id, status } of rows) if (user_id !== null) statuses.get(user_id)?.push(status);
    const found = new Map<UserId, DeviceStatus>();
    for (const [userId, theirs] of statuses) {
      const overall = overDevices(theirs);
      if (overall) found.set(userId, overall);
    }
    return found;
  }

  /** Where this node's own lease does not stand, those of others may have fallen with it: then nobody is known to be away. */
  async #others(users: readonly UserId[]): Promise<readonly Other[]> {
    const { rows } = await this.postgres.run((db) =>
      sql<Other>`
        SELECT user_id, status
        FROM (SELECT FROM node_lives WHERE name = ${this.life.name} AND beat_at > ${this.life.since}) AS own
        LEFT JOIN (
          SELECT user_id, status FROM presence JOIN node_lives ON name = life AND beat_at > ${this.life.since}
          WHERE user_id = any(${users}::uuid[]) AND NOT ${this.life.isOwn}
        ) AS others ON true`.execute(db),
    );
    if (rows.length === 0 || !this.life.settled) throw unavailable('database_away');
    return rows;
  }

  onUpset(look: () => void): void {
    this.life.onMoved(look);
  }

  #write(users: readonly UserId[]): RawBuilder<unknown> {
    const here = users.filter((userId) => this.#own.has(userId));
    const gone = users.filter((userId) => !this.#own.has(userId));
    const { name } = this.life;
    return sql`
      WITH gone AS (DELETE FROM presence WHERE life = ${name} AND user_id = any(${gone}::uuid[])),
      moved AS (UPDATE node_lives SET presence_changes = presence_changes + 1 WHERE name = ${name})
      INSERT INTO presence (life, user_id, status)
      SELECT ${name}, * FROM unnest(${here}::uuid[], ${here.map((userId) => this.#own.get(userId))}::text[])
      ON CONFLICT (user_id, life) DO UPDATE SET status = excluded.status`;
  }
}
