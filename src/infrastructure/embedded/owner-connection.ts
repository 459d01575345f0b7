import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { SOCKET_PORT, type PostgresCluster } from './postgres-cluster.ts';

/** Another living process works with this data directory. */
export class DataDirectoryInUse extends Error {
  constructor(folder: string, owner: string) {
    super(`The data directory ${folder} is in use by ${owner}. Stop that one, or give this one a DATA_DIR of its own`);
    this.name = 'DataDirectoryInUse';
  }
}

export const ANSWER_WITHIN_MS = 3_000;
export const ROLE = 'tertulia';
/** How long the lock of a killed owner may outlive it: its server process has yet to notice the closed connection. */
const LOCK_WITHIN_MS = 2_000;
/** Held for as long as a process owns the data directory. PostgreSQL frees it when that process dies, however it dies. */
const OWNER_LOCK = 7_283_119;

export const connect = async (cluster: PostgresCluster, socketDirectory = cluster.socketDirectory) => {
  const client = new Client({
    host: socketDirectory,
    port: SOCKET_PORT,
    user: 'postgres',
    password: cluster.password,
    database: 'postgres',
    connectionTimeoutMillis: ANSWER_WITHIN_MS,
    application_name: `owner ${process.pid}`,
  });
  client.on('error', () => {}); // a connection that breaks later rejects its query or emits 'end'
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.end().catch(() => {}); // it never was one
    throw error;
  }
};

/** Whether the answering server is the process we started, and not one that was faster. */
export const runs = async (client: Client, pid: number | undefined) => {
  const { rows } = await client.query<{ file: string }>("select pg_read_file('postmaster.pid') as file");
  return Number.parseInt(rows[0]?.file ?? '', 10) === pid;
};

/** @throws DataDirectoryInUse when another process keeps it */
export const takeLock = async (client: Client, folder: string): Promise<void> => {
  const deadline = performance.now() + LOCK_WITHIN_MS;
  for (;;) {
    const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [OWNER_LOCK]);
    if (rows[0]?.held) return;
    if (performance.now() > deadline) throw new DataDirectoryInUse(folder, await nameOwner(client));
    await delay(50);
  }
};

const nameOwner = async (client: Client) => {
  const { rows } = await client.query<{ owner: string }>(
    `select application_name as owner from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and objid = $1 and granted`,
    [OWNER_LOCK],
  );
  return rows[0]?.owner.replace('owner', 'process') ?? 'another process';
};

export const prepareDatabase = async (cluster: PostgresCluster) => {
  const client = await connect(cluster);
  try {
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      `select exists (select from pg_roles where rolname = $1) as role,
              exists (select from pg_database where datname = $1) as database`,
      [ROLE],
    );
    if (!rows[0]?.role) await client.query(`create role ${ROLE} login`);
    await client.query(`alter role ${ROLE} password ${client.escapeLiteral(cluster.password)}`);
    if (!rows[0]?.database) await client.query(`create database ${ROLE} owner ${ROLE}`);
  } finally {
    await client.end();
  }
};
