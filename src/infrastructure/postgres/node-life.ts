import { sql } from 'kysely';
import type { Postgres } from './database.ts';

export const LIFE_LEASE_MS = 10_000;
const SWEPT_AT_ONCE = 2_000;

interface Renewed {
  readonly held: boolean;
  readonly living: number;
  readonly dead: readonly string[];
}

/**
 * Under what a node writes who is connected to it: an incarnation and a number. The rows of a life count while its lease does, by the
 * database's clock; a lease that ran out is never renewed. A node whose lease ran out or whose row is gone, or that failed to
 * write something, begins the next life and writes all it has anew; so whoever sweeps the old one touches nothing of the new.
 */
export class NodeLife {
  readonly #writers: (() => Promise<unknown>)[] = [];
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
    for (const dead of renewed.dead) await this.#sweep(dead);
  }

  /** After the last beat: nothing of this node is left. */
  leave(): Promise<void> {
    return this.#sweep(this.name);
  }

  /** For conditions on `node_lives.beat_at`. */
  get since() {
    return sql<Date>`clock_timestamp() - ${this.leaseMs} * interval '1 millisecond'`;
  }

  async #renew(): Promise<Renewed> {
    const { rows } = await this.postgres.run((db) =>
      sql<{ held: string | null; living: number; dead: readonly string[] }>`
        WITH held AS (
          UPDATE node_lives SET beat_at = clock_timestamp() WHERE name = ${this.name} AND beat_at > ${this.since} RETURNING name
        )
        SELECT (SELECT name FROM held) AS held,
          (SELECT count(*)::int FROM node_lives WHERE beat_at > ${this.since}) AS living,
          ARRAY(SELECT name FROM node_lives WHERE beat_at <= ${this.since} AND name <> ${this.name} LIMIT 10) AS dead`.execute(
        db,
      ),
    );
    const [{ held, living, dead } = { held: null, living: 1, dead: [] }] = rows;
    return { held: held !== null, living, dead };
  }

  /** Nothing is written under a name before it stands, or that would begin another life, and so on while many come. */
  async #beginAnew(): Promise<void> {
    const name = `${this.incarnation}.${++this.#begun}`;
    await this.postgres.run((db) => sql`INSERT INTO node_lives VALUES (${name}, clock_timestamp())`.execute(db));
    this.#name = name;
    this.#incomplete = false;
    await this.marking(Promise.all(this.#writers.map((write) => write())));
    await this.marking(this.#sweepOwn());
  }

  /** Of one that began and could not write all, the one before is left as well. */
  async #sweepOwn(): Promise<void> {
    const { rows } = await this.postgres.run((db) =>
      sql<{ name: string }>`
        SELECT name FROM node_lives WHERE starts_with(name, ${`${this.incarnation}.`}) AND name <> ${this.#name}`.execute(
        db,
      ),
    );
    for (const { name } of rows) await this.#sweep(name);
  }

  /** May be done by several at once, and again. In pages, for the dead may have had very many; what is locked is being swept by others, or moved. */
  async #sweep(name: string): Promise<void> {
    for (let swept = SWEPT_AT_ONCE; swept === SWEPT_AT_ONCE; ) {
      const { numAffectedRows } = await this.postgres.run((db) =>
        sql`
          DELETE FROM connections AS gone
          USING (SELECT id FROM connections WHERE life = ${name} LIMIT ${SWEPT_AT_ONCE} FOR UPDATE SKIP LOCKED) AS page
          WHERE gone.id = page.id AND gone.life = ${name}`.execute(db),
      );
      swept = Number(numAffectedRows ?? 0);
    }
    await this.postgres.run((db) => sql`DELETE FROM node_lives WHERE name = ${name}`.execute(db));
  }
}
