import { chmod, cp, mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { until } from '#app/infrastructure/embedded/postgres-processes.ts';
import type { Judgement } from '../support/checker.ts';
import { aFolder, type PostgresServer, unmountBelow } from '../support/postgres-server.ts';
import { times } from '../support/scale.ts';
import { aPostgresServer } from '../support/services.ts';
import { reopen, shut, SmallDisk } from '../support/small-disk.ts';
import { TwoNodeLoad } from '../support/two-node-load.ts';

const MINUTES = 60_000;
const HAPPENS_MS = 60_000;
const FIRST_ACK_MS = 10_000;
/** Room for a fresh cluster, and some. */
const DATA_MB = 160;
const WAL_MB = 96;
/** Few segments are kept for later: a new one is soon needed. */
const SHORT_WAL = ['min_wal_size=32MB', 'max_wal_size=32MB'];

const opened: { stop(): Promise<unknown> }[] = [];
const own = <T extends { stop(): Promise<unknown> }>(one: T): T => {
  opened.unshift(one);
  return one;
};
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
});

const tell = (what: string, { report }: Judgement, more: string) =>
  void process.stderr.write(`${what}: ${report}; ${more}\n`);

/** Removed at the end, with what is mounted in it; PostgreSQL's account may pass. */
const aPlace = async (): Promise<string> => {
  const folder = await aFolder();
  await chmod(folder, 0o711);
  const stop = async () => {
    await unmountBelow(folder);
    await rm(folder, { recursive: true, force: true });
  };
  own({ stop });
  return folder;
};

/** The log of changes elsewhere than the data. */
const moveWal = async (server: PostgresServer, to: string): Promise<void> => {
  const from = join(server.dataDirectory, 'pg_wal');
  await mkdir(to, { recursive: true });
  await cp(from, to, { recursive: true });
  await rm(from, { recursive: true });
  await symlink(to, from);
  await server.hand(to);
  await server.hand(from);
};

/** @returns milliseconds from now to the first ack */
const firstAck = async (load: TwoNodeLoad): Promise<number> => {
  const since = performance.now();
  load.history.add({ type: 'fault', kind: 'full disk', endedAt: since });
  await load.progress(1);
  return performance.now() - since;
};

it('a full data disk stops writing and not reading, and loses nothing', { timeout: 10 * MINUTES }, async () => {
  const folder = await aFolder();
  const disk = await SmallDisk.at(folder, DATA_MB);
  const wal = join(await aPlace(), 'wal');
  const postgres = own(await aPostgresServer([], folder, (server) => moveWal(server, wal)));
  const load = own(await TwoNodeLoad.start(postgres.url, { steady: true }));
  const firstAcks: number[] = [];
  for (let left = times(1, 10); left > 0; left--) {
    await load.progress(100);
    const fullAt = performance.now();
    await (disk ? disk.fill() : postgres.query(REFUSE, postgres.url));
    const refused = () => load.history.failuresSince(fullAt).includes('database_full');
    expect(await until(async () => refused(), HAPPENS_MS)).toBe(true);
    expect(await until(() => load.reads(), HAPPENS_MS)).toBe(true);
    expect(postgres.running).toBe(true);
    await (disk ? disk.free() : postgres.query(ACCEPT, postgres.url));
    firstAcks.push(await firstAck(load));
  }
  await load.progress(100);
  const judgement = await load.end(postgres.url);
  tell('data disk full', judgement, `space to first ack ${firstAcks.map(Math.round).join()} ms`);
  expect(judgement.violations.slice(0, 10)).toEqual([]);
  expect(Math.max(...firstAcks)).toBeLessThan(FIRST_ACK_MS);
  expect(load.said).toContain('batch failed: the disk of the database is full');
});

/** Where there is no disk to fill, the database says of each message what it would say then. */
const REFUSE = `
  create or replace function full_disk() returns trigger language plpgsql as
    $$ begin raise 'could not extend file' using errcode = 'disk_full'; end $$;
  create trigger full_disk before insert on messages for each row execute function full_disk()`;
const ACCEPT = 'drop trigger full_disk on messages';

it('a full disk of the log of changes ends PostgreSQL, and nothing is lost once it is started with space', {
  timeout: 10 * MINUTES,
}, async () => {
  const wal = join(await aPlace(), 'wal');
  let disk: SmallDisk | undefined;
  const postgres = own(
    await aPostgresServer(SHORT_WAL, undefined, async (server) => {
      disk = await SmallDisk.at(wal, WAL_MB, server.owner);
      await moveWal(server, join(wal, 'pg_wal'));
    }),
  );
  const load = own(await TwoNodeLoad.start(postgres.url, { steady: true }));
  const firstAcks: number[] = [];
  for (let left = times(1, 10); left > 0; left--) {
    await load.progress(100);
    await (disk ? disk.fill() : shut(join(wal, 'pg_wal')));
    expect(await until(() => ended(postgres), HAPPENS_MS)).toBe(true);
    expect(await postgres.log).toMatch(disk ? /PANIC:.*No space left on device/ : /PANIC:.*Permission denied/);
    await pause(500);
    await (disk ? disk.free() : reopen(join(wal, 'pg_wal')));
    await postgres.start();
    firstAcks.push(await firstAck(load));
  }
  await load.progress(100);
  const judgement = await load.end(postgres.url);
  tell('disk of the log full', judgement, `started to first ack ${firstAcks.map(Math.round).join()} ms`);
  expect(judgement.violations.slice(0, 10)).toEqual([]);
  expect(Math.max(...firstAcks)).toBeLessThan(FIRST_ACK_MS);
});

/** It asks for one segment after the other, until there is none. */
const ended = async (postgres: PostgresServer): Promise<boolean> => {
  await postgres.query('select pg_switch_wal()').catch(() => {}); // it may be gone by now
  return !postgres.running;
};
