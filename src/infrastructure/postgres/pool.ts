import { createHash } from 'node:crypto';
import { type Client, type CustomTypesConfig, Pool, type PoolClient, types } from 'pg';
import { atDeadline } from './deadline.ts';
import { clientOf, type Dialled } from './dialled.ts';
import { DatabaseAway, sqlStateOf, TAKES_NO_WRITES, UnfitDatabase } from './failure.ts';
import { DEMANDED, mustBeFit, TIMELINE } from './fitness.ts';
import { Servers } from './servers.ts';

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

/** @param database its URL, which may name several servers; or the servers of another pool, to leave them together */
export const openPool = (database: string | Servers, options: PoolOptions): PostgresPool =>
  new PostgresPool(typeof database === 'string' ? new Servers(database) : database, options);

/**
 * Connections that can be trusted: each new one is asked whether its server is fit and takes writes, else the next server
 * is tried; one that broke, comes back inside a transaction, or leads to a server from which another one took over, is
 * destroyed and never lent again; no statement and no wait lasts for ever.
 */
export class PostgresPool extends Pool {
  readonly #limits: { readonly deadlineMs: number; readonly maxWaiting: number };
  readonly #broken = new WeakSet<PoolClient>();
  readonly #epochs = new WeakMap<PoolClient, string>();
  /** Of the servers, when the connection was made. */
  readonly #generations = new WeakMap<Client | PoolClient, number>();
  readonly #clients = new Set<PoolClient>();

  constructor(
    readonly servers: Servers,
    options: PoolOptions,
  ) {
    const { deadlineMs = 2_500, connectTimeoutMs = 1_000, maxWaiting = 500 } = options;
    const config = {
      Client: clientOf(servers),
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
      onConnect: (client: Client) => within(connectTimeoutMs, client, () => this.#examine(client)),
    };
    super(config);
    this.#limits = { deadlineMs, maxWaiting };
    servers.onLeft(() => this.#leave());
    this.on('remove', (client) => this.#clients.delete(client));
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
    const client = await this.#connected();
    const release = client.release;
    client.release = (destroy) => release(destroy || this.#broken.has(client) || inTransaction(client));
    return client;
  }

  /** Tries each server once; a wait for which no server was to blame is not repeated. */
  async #connected(): Promise<PoolClient> {
    const refusals: string[] = [];
    for (;;) {
      const before = this.servers.passed;
      try {
        const client = await super.connect();
        if (this.#generations.get(client) === this.servers.generation) return client;
        client.release(true);
      } catch (error) {
        if (this.servers.count === 1 || this.servers.passed === before) throw known(error);
        refusals.push(wordsOf(error));
        if (refusals.length === this.servers.count)
          throw new DatabaseAway(`no server takes writes: ${refusals.join('; ')}`, { cause: error });
      }
    }
  }

  async #examine(client: Client): Promise<void> {
    try {
      this.servers.found(await mustBeFit(client), (client as Dialled).address);
      this.#generations.set(client, this.servers.generation);
    } catch (error) {
      if (!(error instanceof UnfitDatabase)) this.servers.passOver((client as Dialled).address);
      throw error;
    }
  }

  /** Whoever uses one now hears that it broke; the others are not lent again. */
  #leave(): void {
    for (const client of this.#clients) {
      this.#broken.add(client);
      (client as PoolClient & Client).end().catch(() => {}); // gone already
    }
  }

  /** Once per connection. */
  #watch(client: PoolClient): void {
    this.#clients.add(client);
    client.on('error', () => this.#broken.add(client)); // while it is lent, nobody else listens
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const watched = (...args: unknown[]) => {
      const result = query(...args);
      if (!(result instanceof Promise)) return result;
      return within(this.#limits.deadlineMs, client, () => result).catch((error: unknown) => {
        const state = sqlStateOf(error);
        if (state === undefined || state === TAKES_NO_WRITES) this.#broken.add(client);
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

/** As an operator may read them; pg's name the address and nothing secret. */
const wordsOf = (error: unknown): string => {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message} (${cause.message})` : message;
};

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
  const answered = atDeadline(ms, () => void (client as Client).end().catch(() => {}));
  try {
    return await work();
  } finally {
    answered();
  }
};

const startupOptions = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ');

const HISTORY = `
  SELECT concat_ws(' ', (pg_control_system()).system_identifier, ${TIMELINE}, bump) AS history
  FROM epoch_bump`;

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
