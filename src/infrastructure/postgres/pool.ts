import { createHash } from 'node:crypto';
import { type Client, type CustomTypesConfig, Pool, type PoolClient, types } from 'pg';
import { sqlStateOf } from './failure.ts';

export interface PoolOptions {
  readonly max: number;
  readonly applicationName: string;
  /** Judged by the server, which fires nothing while it is frozen. */
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  /** A transaction that does nothing for so long loses its connection, and with it the locks; 1,000 when absent. */
  readonly idleInTransactionMs?: number;
  /** Judged here: one statement without an answer for so long costs the connection; 2,500 when absent. */
  readonly deadlineMs?: number;
  /** How long one waits for a connection; 1,000 when absent. */
  readonly connectTimeoutMs?: number;
  /** How many may wait for a connection at once; 500 when absent. */
  readonly maxWaiting?: number;
  /** More server settings for each connection. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The server did not answer, or can't be asked: nothing that the request could have done differently. */
export class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';
}

/** This server would not keep what it acknowledged, or lacks what we need; only its operator can help. */
export class UnfitDatabase extends Error {
  override readonly name = 'UnfitDatabase';
}

/** What makes an ack mean durable, and the isolation that the locks rely on; set for each connection and looked up after. */
const DEMANDED = { synchronous_commit: 'on', default_transaction_isolation: 'read committed' };
const OLDEST_VERSION = 150_000;

export const openPool = (connectionString: string, options: PoolOptions): PostgresPool =>
  new PostgresPool(connectionString, options);

/**
 * Connections that can be trusted: each new one is asked whether its server is fit; one that broke, or comes back inside
 * a transaction, is destroyed and never lent again; no statement and no wait lasts for ever.
 */
export class PostgresPool extends Pool {
  readonly #limits: { readonly deadlineMs: number; readonly maxWaiting: number };
  readonly #broken = new WeakSet<PoolClient>();
  readonly #epochs = new WeakMap<PoolClient, string>();

  constructor(connectionString: string, options: PoolOptions) {
    const { deadlineMs = 2_500, connectTimeoutMs = 1_000, maxWaiting = 500 } = options;
    const config = {
      connectionString,
      max: options.max,
      application_name: options.applicationName,
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      types: safeTypes,
      options: startupOptions({
        ...options.settings,
        statement_timeout: String(options.statementTimeoutMs),
        lock_timeout: String(options.lockTimeoutMs),
        idle_in_transaction_session_timeout: String(options.idleInTransactionMs ?? 1_000),
        ...DEMANDED,
      }),
      onConnect: (client: Client) => within(connectTimeoutMs, client, () => mustBeFit(client)),
    };
    super(config);
    this.#limits = { deadlineMs, maxWaiting };
    this.on('error', () => {}); // an idle connection that broke has been removed already
    this.on('connect', (client) => this.#watch(client));
    const query = async (...args: unknown[]): Promise<unknown> => {
      const client = await this.connect();
      try {
        return await (client.query as (...args: unknown[]) => Promise<unknown>)(...args);
      } finally {
        client.release();
      }
    };
    this.query = query as typeof this.query; // by promise only; the pool's own way would pass by the deadline
  }

  /** @throws DatabaseAway, UnfitDatabase, or what the server said while it refused the connection */
  override connect(): Promise<PoolClient>;
  override connect(callback: Connected): void;
  override connect(callback?: Connected): Promise<PoolClient> | void {
    const lent = this.#lend();
    if (!callback) return lent;
    lent.then(
      (client) => callback(undefined, client, (destroy) => client.release(destroy)),
      (error: Error) => callback(error, undefined, () => {}),
    );
  }

  /** Names the history that the server holds: another cluster, a promotion, or the operator's bump makes another one. */
  async epoch(): Promise<string> {
    const client = await this.connect();
    try {
      const known = this.#epochs.get(client);
      if (known !== undefined) return known;
      const { rows } = await client.query<{ history: string }>(HISTORY);
      const epoch = createHash('sha256')
        .update(rows[0]?.history ?? '')
        .digest('base64url')
        .slice(0, 22);
      this.#epochs.set(client, epoch);
      return epoch;
    } finally {
      client.release();
    }
  }

  async #lend(): Promise<PoolClient> {
    if (this.waitingCount >= this.#limits.maxWaiting) throw new DatabaseAway('too many wait for a connection');
    const client = await super.connect().catch((error: unknown) => {
      throw known(error);
    });
    const release = client.release;
    client.release = (destroy) => release(destroy || this.#broken.has(client) || inTransaction(client));
    return client;
  }

  /** Once per connection. */
  #watch(client: PoolClient): void {
    client.on('error', () => this.#broken.add(client)); // while it is lent, nobody else listens
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const watched = (...args: unknown[]) => {
      const result = query(...args);
      if (!(result instanceof Promise)) return result;
      return within(this.#limits.deadlineMs, client, () => result).catch((error: unknown) => {
        if (sqlStateOf(error) === undefined) this.#broken.add(client);
        throw known(error);
      });
    };
    client.query = watched as typeof client.query; // same arguments, same answers
  }
}

type Connected = (
  error: Error | undefined,
  client: PoolClient | undefined,
  release: (destroy?: boolean | Error) => void,
) => void;

/** pg throws plain errors for whatever happened to the connection; mistakes of ours keep their class. */
const known = (error: unknown): unknown =>
  sqlStateOf(error) !== undefined || error instanceof TypeError || error instanceof RangeError || isOurs(error)
    ? error
    : new DatabaseAway('the connection to the database failed', { cause: error });
const isOurs = (error: unknown) => error instanceof DatabaseAway || error instanceof UnfitDatabase;

const inTransaction = (client: PoolClient) =>
  (client as PoolClient & { getTransactionStatus(): string | null }).getTransactionStatus() !== 'I'; // the types lack it

/** Ends the connection when the time is over: an answer that comes later would be taken for that of another statement. */
const within = async <T>(ms: number, client: PoolClient | Client, work: () => Promise<T>): Promise<T> => {
  const timer = setTimeout(() => void (client as Client).end().catch(() => {}), ms);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
};

const startupOptions = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ');

const FITNESS = `
  SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby,
    current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
    ${Object.keys(DEMANDED)
      .map((name) => `current_setting('${name}') AS ${name}`)
      .join(', ')}`;

// The timeline of the log position, for the one in the control file changes only at the next checkpoint.
const HISTORY = `
  SELECT concat_ws(' ', (pg_control_system()).system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8), bump) AS history
  FROM epoch_bump`;

interface Fitness extends Readonly<Record<string, unknown>> {
  readonly version: number;
  readonly standby: boolean;
}

const mustBeFit = async (client: Client): Promise<void> => {
  const { rows } = await client.query<Fitness>(FITNESS);
  const { version, standby, ...settings } = rows[0]!; // a SELECT without FROM
  if (standby) throw new DatabaseAway('this server is a standby and takes no writes');
  if (version < OLDEST_VERSION) throw new UnfitDatabase('PostgreSQL 15 or newer is needed');
  for (const [name, wanted] of Object.entries({ fsync: 'on', full_page_writes: 'on', ...DEMANDED }))
    if (settings[name] !== wanted)
      throw new UnfitDatabase(`PostgreSQL's ${name} must be '${wanted}' and not '${String(settings[name])}'`);
};

/** Counters travel as numbers; one that a number can't hold exactly is a fault, not a rounding. */
const safeInteger = (text: string): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError('a bigint beyond 2^53 came out of the database');
  return value;
};

const safeTypes: CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === types.builtins.INT8 && format !== 'binary'
      ? safeInteger
      : types.getTypeParser(oid, format as 'text')) as CustomTypesConfig['getTypeParser'], // overloaded by format
};
