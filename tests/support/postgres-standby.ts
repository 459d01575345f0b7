import { chown, copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { sendSignal, until } from '#app/infrastructure/embedded/postgres-processes.ts';
import { aFolder, PostgresServer } from './postgres-server.ts';

/** The name under which it follows, for `synchronous_standby_names`. */
export const STANDBY = 'follower';
/** What the primary needs so that a copy finds all that was written since it was begun. */
export const FOLLOWED = ['wal_keep_size=256MB'];

const LEFT_OUT = /^(postmaster\.(pid|opts)|pg_wal\/.+|pg_replslot\/.+|pg_stat_tmp\/.+|.*pgsql_tmp.*)$/;
const REACHED_MS = 30_000;

/**
 * A copy of a running server that follows it, taken as pg_basebackup does; takes no writes until it is promoted.
 * @param port of a server that is gone, in whose place it stands
 */
export const aStandbyOf = async (
  primary: PostgresServer,
  settings: readonly string[] = [],
  port?: number,
): Promise<PostgresServer> => {
  const folder = await aFolder();
  const backup = new Client({ connectionString: primary.superuserUrl });
  await backup.connect();
  try {
    await backup.query(`select pg_backup_start('standby', fast => true)`);
    await copyFile(join(primary.dataDirectory, '../postgres.password'), join(folder, 'postgres.password'));
    const directory = join(folder, 'postgres');
    await copied(primary.dataDirectory, directory, primary.owner);
    const { rows } = await backup.query<{ labelfile: string }>('select labelfile from pg_backup_stop(false)');
    await put(join(directory, 'backup_label'), rows[0]?.labelfile ?? '', primary.owner);
    const { hostname, username, password } = new URL(primary.superuserUrl);
    const way = `host=${hostname} port=${primary.port} user=${username} password=${password} application_name=${STANDBY}`;
    await put(join(directory, 'postgresql.auto.conf'), `primary_conninfo = '${way}'\n`, primary.owner);
    await put(join(directory, 'standby.signal'), '', primary.owner);
  } finally {
    await backup.end();
  }
  const standby = await PostgresServer.on(folder, settings, port);
  await standby.start();
  return standby;
};

/** Resolves when the primary sends it what is written; with `state` 'sync', when no commit is acknowledged without it. */
export const following = async (primary: PostgresServer, state: 'async' | 'sync'): Promise<void> => {
  const follows = () =>
    primary.query(`select 1 from pg_stat_replication where state = 'streaming' and sync_state = '${state}'`);
  if (!(await until(async () => (await follows()).length > 0, REACHED_MS))) throw new Error(`no standby is ${state}`);
};

/** From now on no commit is acknowledged that the standby has not on its disk. */
export const followSynchronously = async (primary: PostgresServer): Promise<void> => {
  await primary.query(`alter system set synchronous_standby_names = '${STANDBY}'`);
  await primary.query('select pg_reload_conf()');
  await following(primary, 'sync');
};

/** Nothing of what is written from now on reaches the standby. */
export const freezeFeed = async (primary: PostgresServer): Promise<void> => {
  for (const { pid } of await primary.query('select pid from pg_stat_replication'))
    sendSignal(pid as number, 'SIGSTOP');
};

/** Resolves when it takes writes. */
export const promote = async (standby: PostgresServer): Promise<void> => {
  await standby.query('select pg_promote(true, 60)');
};

/** Both, as a node is told of them. */
export const urlOf = (one: PostgresServer, other: PostgresServer): string =>
  `${one.url.replace(`:${one.port}/`, `:${one.port},127.0.0.1:${other.port}/`)}?target_session_attrs=read-write`;

/** While it runs: what vanishes meanwhile is not needed. */
const copied = async (from: string, to: string, owner: PostgresServer['owner']): Promise<void> => {
  await mkdir(to, { mode: 0o700 });
  if (owner) await chown(to, owner.uid, owner.gid);
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(from.length + 1);
    if (LEFT_OUT.test(path)) continue;
    const target = join(to, path);
    try {
      if (entry.isDirectory()) await mkdir(target, { recursive: true, mode: 0o700 });
      else await copyFile(join(from, path), target);
      if (owner) await chown(target, owner.uid, owner.gid);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
};

const put = async (file: string, text: string, owner: PostgresServer['owner']): Promise<void> => {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { mode: 0o600 });
  if (owner) await chown(file, owner.uid, owner.gid);
};
