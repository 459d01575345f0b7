import { type RawBuilder, sql } from 'kysely';
import type { Clock } from '#app/application/ports/clock.ts';
import type { Postgres } from './database.ts';
import { sqlStateOf } from './failure.ts';

export const LIFE_LEASE_MS = 10_000;
const SWEPT_AT_ONCE = 500;
/** Of a lease: for so long one beat writes and sweeps, a page at a time, before the next renews. */
const WORKED = 0.1;

/** What a life may have written. */
const TABLES = ['connections', 'presence'] as const;

/** What a node writes under its lives. */
interface Rows {
  /** Another life began: all is to be written. */
  restart(): void;
  /** Writes a page of what is left. Answers whether that was all. */
  mend(): Promise<boolean>;
}

interface Renewed {
  readonly held: boolean;
  readonly living: number;
  /** Changes whenever another life begins or ends, or writes that somebody came or went. */
  readonly others: string;
  readonly dead: readonly string[];
}

/**
 * Under what a node writes who is connected to it: an incarnation and a number. The rows of a life count while its lease does, by the
 * database's clock; a lease that ran out is never renewed. A node whose lease ran out or whose row is gone begins the next life
 * and writes all it has anew; so whoever sweeps the old one touches nothing of the new. What the database refused to write is
 * written again under the same life.
 */
export class NodeLife {
  readonly #kept: Rows[] = [];
  readonly #looks: (() => void)[] = [];
  #others = '';
  #begun = 0;
  #name: string;
  #living = 1;
  /** By the monotonic clock: when the last beat that got an answer began, and until when others may still be writing anew. */
  #beaten = Number.NEGATIVE_INFINITY;
  #unsettledTill = Number.NEGATIVE_INFINITY;
  /** Others may be others than whoever looks was told. */
  #moved = false;
  /** None has begun, or this one can't be trusted any more. */
  #over = true;

  constructor(
    private readonly postgres: Postgres,
    private readonly incarnation: string,
    private readonly clock: Pick<Clock, 'monotonic'>,
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

  /**
   * Whether what others have written is likely to be whole. Not when this node has not beaten for half a lease, nor for a lease after
   * that or after it began another life: what befell it, a crash or a freeze of the database, may have befallen them all.
   */
  get settled(): boolean {
    const now = this.clock.monotonic();
    return now - this.#beaten < this.leaseMs / 2 && now >= this.#unsettledTill;
  }

  keep(rows: Rows): void {
    this.#kept.push(rows);
  }

  /** Called when who is there with other nodes may be others than at the beat before. */
  onMoved(look: () => void): void {
    this.#looks.push(look);
  }

  /** What was given up without an answer may still be carried out, after whatever is written later: then the life is over. */
  async write(statement: RawBuilder<unknown>): Promise<void> {
    await this.postgres.run((db) =>
      db.connection().execute(async (one) => {
        try {
          await statement.execute(one);
        } catch (error) {
          if (sqlStateOf(error) === undefined) this.end();
          throw error;
        }
      }),
    );
  }

  /** The next beat begins another one. */
  end(): void {
    this.#over = true;
  }

  /**
   * Keeps the lease first, then writes what is left to be written and sweeps after the dead, for a part of the lease; the next
   * beat goes on. Never while another one is under way. Rejects when the database can't be asked.
   */
  async beat(): Promise<void> {
    const now = this.clock.monotonic();
    const till = now + this.leaseMs * WORKED;
    const { living, others, dead } = await this.#held(now);
    this.#beaten = now;
    this.#living = living;
    this.#moved ||= others !== this.#others;
    this.#others = others;
    this.#tellLooks();
    for (const rows of this.#kept) if (!(await this.#inPages(till, () => rows.mend()))) return;
    for (const name of dead) if (!(await this.#sweep(name, till))) return;
  }

  /** After the last beat: nobody is connected here. Who was there is on the way to another node, and counts until the lease ends. */
  async leave(): Promise<void> {
    await this.#inPages(Number.POSITIVE_INFINITY, () => this.#emptied('connections', this.#name));
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

  #tellLooks(): void {
    if (!this.#moved || !this.settled) return;
    this.#moved = false;
    for (const look of this.#looks) look();
  }

  async #held(now: number): Promise<Renewed> {
    const [first, slept] = [this.#begun === 0, now - this.#beaten >= this.leaseMs / 2];
    const renewed = this.#over ? undefined : await this.#renew();
    if (!first && (slept || !renewed?.held)) {
      this.#unsettledTill = now + this.leaseMs;
      this.#moved = true;
    }
    if (renewed?.held) return renewed;
    await this.#beginAnew();
    return this.#renew();
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
          ARRAY(SELECT name FROM node_lives
            WHERE (beat_at <= ${this.since} OR ${this.isOwn}) AND name <> ${this.name} LIMIT 10) AS dead`.execute(db),
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
    this.#over = false;
    for (const rows of this.#kept) rows.restart();
  }

  /** Answers whether all was done before that moment of the monotonic clock; at least a page is. */
  async #inPages(till: number, page: () => Promise<boolean>): Promise<boolean> {
    for (;;) {
      if (await page()) return true;
      if (this.clock.monotonic() >= till) return false;
    }
  }

  /** May be done by several at once, and again, and goes on where it was left. */
  async #sweep(name: string, till: number): Promise<boolean> {
    for (const table of TABLES) if (!(await this.#inPages(till, () => this.#emptied(table, name)))) return false;
    await this.postgres.run((db) => sql`DELETE FROM node_lives WHERE name = ${name}`.execute(db));
    return this.clock.monotonic() < till;
  }

  /**
   * A page, for the dead may have had very many; answers whether it was the last. What is locked is being swept by others, or
   * moved. Who was connected to a node that died was there until it was last heard of.
   */
  async #emptied(table: (typeof TABLES)[number], name: string): Promise<boolean> {
    const [rows, page] = [sql.table(table), sql`LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED`];
    const died = table === 'connections' && !name.startsWith(`${this.incarnation}.`);
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
    return (counted[0]?.count ?? 0) < SWEPT_AT_ONCE;
  }
}
