import { type Compilable, Kysely, PostgresDialect, type Transaction } from 'kysely';
import { Refusal, unavailable } from '#app/domain/shared/domain-error.ts';
import { DatabaseAway, DISK_FULL, sqlStateOf } from './failure.ts';
import { openPool, type PoolOptions, type PostgresPool } from './pool.ts';
import type { Database } from './schema.ts';

const DEFAULTS = { max: 8, applicationName: 'tertulia', statementTimeoutMs: 5_000, lockTimeoutMs: 800 };
const ATTEMPTS = 3;

/** Where adapters run what is not the hot path. */
export class Postgres {
  private constructor(
    readonly pool: PostgresPool,
    readonly kysely: Kysely<Database>,
    /** For looks alone: one that waits behind work would take a busy node for one that is cut off. */
    private readonly lookout: PostgresPool,
    private readonly uncertain: () => void,
  ) {}

  /**
   * Connects once, to say at start and not at the first message what is wrong with the server.
   * @param uncertain told of each transaction that may have been committed although its caller heard that it failed
   * @throws UnfitDatabase for one that is not durable or too old; DatabaseAway and the server's own errors
   */
  static async open(
    connectionString: string,
    options: Partial<PoolOptions> = {},
    uncertain: () => void = () => {},
  ): Promise<Postgres> {
    const wanted = { ...DEFAULTS, ...options };
    const pool = openPool(connectionString, wanted);
    try {
      (await pool.connect()).release();
    } catch (error) {
      await pool.end();
      throw error;
    }
    const lookout = openPool(pool.servers, { ...wanted, max: 1, applicationName: `${wanted.applicationName} lookout` });
    return new Postgres(pool, new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }), lookout, uncertain);
  }

  /** Statements that need no common transaction. What the database can't do now is refused `unavailable`. */
  async run<T>(work: (db: Kysely<Database>) => Promise<T>): Promise<T> {
    try {
      return await work(this.kysely);
    } catch (error) {
      throw translated(error);
    }
  }

  /** As `run`, for what every connect asks: planned once on each connection. A name stands for one text, for ever. */
  async prepared<Row>(name: string, query: (db: Kysely<Database>) => Compilable<Row>): Promise<readonly Row[]> {
    try {
      const { sql: text, parameters } = query(this.kysely).compile();
      return (await this.pool.query<Row & object>({ name, text, values: [...parameters] })).rows;
    } catch (error) {
      throw translated(error);
    }
  }

  /**
   * All or nothing. `work` is run again after a deadlock, so it changes nothing but the database. When this refuses
   * `unavailable`, it may have been committed all the same.
   */
  async transaction<T>(work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.kysely.transaction().execute(work);
      } catch (error) {
        if (attempt < ATTEMPTS && isRepeatable(error)) continue;
        if (isConnectionLost(error)) this.uncertain();
        throw translated(error);
      }
    }
  }

  /** Read anew on each new connection. */
  async epoch(): Promise<string> {
    try {
      return await this.pool.epoch();
    } catch (error) {
      throw translated(error);
    }
  }

  /** Whether it answers now, however busy the connections are that work goes by; never rejects. */
  async answers(): Promise<boolean> {
    try {
      await this.lookout.query('SELECT');
      return true;
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.end(), this.lookout.end()]);
  }
}

/** Thrown in a transaction that found the world changed under it: it rolls back and runs again. */
export class RunAgain extends Error {}

const REPEATABLE = /^40(001|P01)$/;
const isConnectionLost = (error: unknown) => error instanceof DatabaseAway || /^(08|57P)/.test(sqlStateOf(error) ?? '');
const isRepeatable = (error: unknown) => error instanceof RunAgain || REPEATABLE.test(sqlStateOf(error) ?? '');

/** Connection, resources, operator intervention, locks, a standby; all else is a mistake of ours. */
const UNAVAILABLE = /^(08...|53...|57...|40(001|P01)|55P03|25P0[34]|25006)$/;

const RULES: Readonly<Record<string, string>> = { '55P03': 'lock_timeout', [DISK_FULL]: 'database_full' };

const translated = (error: unknown): unknown => {
  if (error instanceof Refusal) return error;
  const code = sqlStateOf(error);
  const away = error instanceof DatabaseAway || error instanceof RunAgain;
  if (!away && !(code && UNAVAILABLE.test(code))) return error;
  const refusal = unavailable(RULES[code ?? ''] ?? 'database_away');
  refusal.cause = error; // for the journal; no wire word is made of it
  return refusal;
};
