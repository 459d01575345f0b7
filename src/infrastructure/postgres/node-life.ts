import { sql } from 'kysely';
import type { Postgres } from './database.ts';

export const LIFE_LEASE_MS = 10_000;
const SWEPT_AT_ONCE = 2_000;

/** What a life may have written. */
const TABLES = ['connections', 'presence'] as const;

interface Renewed {
  readonly held: boolean;
  readonly living: number;
  /** Changes whenever another life begins or ends, or writes that somebody came or went. */
  readonly others: string;
  readonly dead: readonly string[];
}

/**
 * Under what a node writes who is connected to it: an incarnation and a number. The rows of a life count while its lease does, by the
 * database's clock; a lease that ran out is never renewed. A node whose lease ran out or whose row is gone, or that failed to
 * write something, begins the next life and writes all it has anew; so whoever sweeps the old one touches nothing of the new.
 */
export class NodeLife {
  readonly #writers: (() => Promise<unknown>)[] = [];
  readonly #looks: (() => void)[] = [];
  #others = '';
  #begun = 0;
  #name: string;
  #living = 1;
  /** Something of this life could not be written, or none has begun. */
  #incomplete = true;

  constructor(
    private readonly postgres: Postgres,
    private readonly incarnation: string,
    private readonly leaseMs = LIFE_LEASE_MS,
  ) {
    this.#name = `${incarnation}.0`;
  }

  get name(): string {
    return this.#name;
  }

  /** Nodes that hold a lease as of the last beat, this one included. */
  get nodes(): number {
    return this.#living;
  }

  /** Writes all that this node has, whenever another life began. */
  onAnew(write: () => Promise<unknown>): void {
    this.#writers.push(write);
  }

  /** Called when who is there with other nodes may be others than at the beat before. */
  onMoved(look: () => void): void {
    this.#looks.push(look);
  }

  /** Whoever failed has left something else than what is true: the next beat begins another life. */
  async marking<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.#incomplete = true;
      throw error;
    }
  }

  /** Keeps the lease, and sweeps after the dead. Never while another one is under way. Rejects when the database can't be asked. */
  async beat(): Promise<void> {
    const renewed = this.#incomplete ? undefined : await this.#renew();
    if (!renewed?.held) return this.#beginAnew();
    this.#living = renewed.living;
    if (renewed.others !== this.#others) for (const look of this.#looks) look();
    this.#others = renewed.others;
    for (const dead of renewed.dead) await this.#sweep(dead);
  }

  /** After the last beat: nobody is connected here. Who was there is on the way to another node, and counts until the lease ends. */
  async leave(): Promise<void> {
    await this.#empty('connections', this.#name);
    await this.postgres.run((db) =>
      sql`
        DELETE FROM node_lives WHERE name = ${this.#name} AND NOT EXISTS (SELECT FROM presence WHERE life = name)`.execute(
        db,
      ),
    );
  }

  /** For conditions on `node_lives.beat_at`. */
  get since() {
    return sql<Date>`clock_timestamp() - ${this.leaseMs} * interval '1 millisecond'`;
  }

  /** Likewise, for `node_lives.name`: lives of this node. */
  get isOwn() {
    return sql<boolean>`starts_with(name, ${`${this.incarnation}.`})`;
  }

  async #renew(): Promise<Renewed> {
    const { rows } = await this.postgres.run((db) =>
      sql<Omit<Renewed, 'held'> & { held: string | null }>`
        WITH held AS (
          UPDATE node_lives SET beat_at = clock_timestamp() WHERE name = ${this.name} AND beat_at > ${this.since} RETURNING name
        )
        SELECT (SELECT name FROM held) AS held,
          (SELECT count(*)::int FROM node_lives WHERE beat_at > ${this.since}) AS living,
          (SELECT coalesce(string_agg(name || ' ' || presence_changes, ',' ORDER BY name), '')
            FROM node_lives WHERE beat_at > ${this.since} AND NOT ${this.isOwn}) AS others,
          ARRAY(SELECT name FROM node_lives WHERE beat_at <= ${this.since} AND name <> ${this.name} LIMIT 10) AS dead`.execute(
        db,
      ),
    );
    const [row = { held: null, living: 1, others: '', dead: [] }] = rows;
    return { ...row, held: row.held !== null };
  }

  /** Nothing is written under a name before it stands, or that would begin another life, and so on while many come. */
  async #beginAnew(): Promise<void> {
    const name = `${this.incarnation}.${++this.#begun}`;
    await this.postgres.run((db) =>
      sql`INSERT INTO node_lives (name, beat_at) VALUES (${name}, clock_timestamp())`.execute(db),
    );
    this.#name = name;
    this.#incomplete = false;
    await this.marking(Promise.all(this.#writers.map((write) => write())));
    await this.marking(this.#sweepOwn());
  }

  /** Of one that began and could not write all, the one before is left as well. */
  async #sweepOwn(): Promise<void> {
    const { rows } = await this.postgres.run((db) =>
      sql<{ name: string }>`
        SELECT name FROM node_lives WHERE ${this.isOwn} AND name <> ${this.#name}`.execute(db),
    );
    for (const { name } of rows) await this.#sweep(name);
  }

  /** May be done by several at once, and again. */
  async #sweep(name: string): Promise<void> {
    for (const table of TABLES) await this.#empty(table, name);
    await this.postgres.run((db) => sql`DELETE FROM node_lives WHERE name = ${name}`.execute(db));
  }

  /**
   * In pages, for the dead may have had very many; what is locked is being swept by others, or moved. Who was connected to a
   * node that died was there until it was last heard of.
   */
  async #empty(table: (typeof TABLES)[number], name: string): Promise<void> {
    const [rows, page] = [sql.table(table), sql`LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED`];
    const died = table === 'connections' && !name.startsWith(`${this.incarnation}.`);
    for (let swept = SWEPT_AT_ONCE; swept === SWEPT_AT_ONCE; ) {
      const { rows: counted } = await this.postgres.run((db) =>
        sql<{ count: number }>`
          WITH gone AS (
            DELETE FROM ${rows}
            WHERE life = ${name} AND ctid = any(ARRAY(SELECT ctid FROM ${rows} WHERE life = ${name} ${page}))
            RETURNING user_id
          ), noted AS (
            INSERT INTO last_seen AS known (user_id, at)
            SELECT DISTINCT users.id, beat_at FROM gone JOIN users ON users.id = user_id JOIN node_lives ON name = ${name}
            WHERE ${died}::boolean ORDER BY users.id
            ON CONFLICT (user_id) DO UPDATE SET at = excluded.at WHERE known.at < excluded.at
          )
          SELECT count(*)::int FROM gone`.execute(db),
      );
      swept = counted[0]?.count ?? 0;
    }
  }
}
