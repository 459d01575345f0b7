import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Postgres } from '#app/infrastructure/postgres/database.ts';
import { DatabaseAway } from '#app/infrastructure/postgres/failure.ts';
import { openLogPool } from '#app/infrastructure/postgres/log-pool.ts';
import type { PostgresPool } from '#app/infrastructure/postgres/pool.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { aStandbyOf, FOLLOWED, following, promote, urlOf } from '../support/postgres-standby.ts';
import { aPostgresServer } from '../support/services.ts';

let primary: PostgresServer;
let standby: PostgresServer;
const opened: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  primary = await aPostgresServer(FOLLOWED);
  standby = await aStandbyOf(primary);
  await following(primary, 'async');
}, 120_000);
afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await Promise.all([standby?.stop(), primary?.stop()]);
});

/** For a server that lives, however busy the machine. */
const ROOM = { connectTimeoutMs: 5_000, deadlineMs: 10_000 };
const aPostgres = async (url: string) => {
  const postgres = await Postgres.open(url, { ...ROOM, max: 2 });
  opened.push(postgres);
  return postgres;
};
const portOf = async (pool: PostgresPool) =>
  (await pool.query<{ port: number }>(`select current_setting('port')::int as port`)).rows[0]?.port;

it('finds the server that takes writes, wherever it stands in the list', { timeout: 60_000 }, async () => {
  for (const url of [urlOf(primary, standby), urlOf(standby, primary)])
    expect(await portOf((await aPostgres(url)).pool)).toBe(primary.port);
});

it('passes over a server that does not answer', { timeout: 60_000 }, async () => {
  const deaf = createServer(() => {}); // takes the connection and says nothing
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
  const { port } = deaf.address() as AddressInfo;
  const postgres = await aPostgres(primary.url.replace(`:${primary.port}/`, `:${port},127.0.0.1:${primary.port}/`));
  expect(await portOf(postgres.pool)).toBe(primary.port);
  deaf.close();
});

it('says why none of them will do', { timeout: 60_000 }, async () => {
  const nowhere = standby.url.replace(`:${standby.port}/`, `:1,127.0.0.1:${standby.port}/`);
  const error = await Postgres.open(nowhere, ROOM).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DatabaseAway);
  expect(String(error)).toMatch(/ECONNREFUSED 127\.0\.0\.1:1\b.*127\.0\.0\.1:\d+ is a standby/);
  await expect(Postgres.open(standby.url, ROOM)).rejects.toThrow('is a standby');
});

it('drops a connection whose server takes no writes any more', { timeout: 60_000 }, async () => {
  const { pool } = await aPostgres(primary.url);
  const pid = async () => (await pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
  const before = await pid();
  await pool.query('set default_transaction_read_only = on');
  await expect(pool.query('create table nothing ()')).rejects.toMatchObject({ code: '25006' });
  expect(await pid()).not.toBe(before);
});

it('leaves a primary from which its standby took over, with all that is under way there, and does not go back', {
  timeout: 60_000,
}, async () => {
  const postgres = await aPostgres(urlOf(primary, standby));
  const { servers } = postgres.pool;
  const log = openLogPool(servers);
  opened.push({ close: () => log.end() });
  const before = await postgres.epoch();
  const held = await log.connect();
  await held.query('select 1');
  const ended = new Promise((resolve) => held.once('end', resolve));
  let left = 0;
  servers.onLeft(() => left++);

  // The old primary lives on and takes writes, as when the network parted and nobody fenced it.
  await promote(standby);
  servers.passOver(servers.address);
  expect(await portOf(log)).toBe(standby.port);
  await ended;
  await expect(held.query('select 1')).rejects.toBeInstanceOf(DatabaseAway);
  held.release();
  expect(await portOf(postgres.pool)).toBe(standby.port);
  expect(left).toBe(1);
  expect(await postgres.epoch()).not.toBe(before);

  servers.passOver(servers.address);
  (await postgres.pool.connect()).release(true);
  (await postgres.pool.connect()).release(true);
  expect(await portOf(postgres.pool)).toBe(standby.port);
});
