import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '#app/infrastructure/embedded/embedded-postgres.ts';
import { accountFor } from '#app/infrastructure/embedded/os-account.ts';
import { DataDirectoryInUse } from '#app/infrastructure/embedded/owner-connection.ts';
import { postgresBinaries } from '#app/infrastructure/embedded/postgres-binaries.ts';
import {
  endProcessesOf,
  postgresProcessesOf,
  sendSignal,
  until,
} from '#app/infrastructure/embedded/postgres-processes.ts';
import { times } from '../support/scale.ts';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const start = (dataDir: string) => startEmbeddedPostgres({ dataDir, log });

const query = async <Row extends object>(connectionString: string, text: string) => {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
};

/** The process of tests/support/embedded-owner.ts, with what it told. */
class Owner {
  readonly acked = new Set<number>();
  connectionString = '';
  connections = 0;
  failed: string | undefined;
  readonly exited: Promise<unknown>;
  private readonly process: ChildProcess;

  constructor(dataDir: string, first = 1) {
    this.process = fork('tests/support/embedded-owner.ts', [dataDir, String(first)], { execArgv: ['--import', 'tsx'] });
    this.exited = once(this.process, 'exit');
    this.process.on(
      'message',
      (message: { ready?: number; connectionString?: string; acked?: number; failed?: string }) => {
        if (message.acked !== undefined) this.acked.add(message.acked);
        if (message.connectionString !== undefined) {
          this.connectionString = message.connectionString;
          this.connections++;
        }
        this.failed ??= message.failed;
      },
    );
  }
  get pid() {
    return this.process.pid ?? 0;
  }
  async hasAcked(more: number) {
    const wanted = this.acked.size + more;
    if (!(await until(async () => this.acked.size >= wanted, 60_000))) throw new Error(`no more acks: ${this.failed}`);
  }
  async kill() {
    this.process.kill('SIGKILL');
    await this.exited;
  }
  async stop() {
    this.process.send({});
    await this.exited;
  }
}

describe('embedded PostgreSQL', { timeout: 120_000 }, () => {
  let folder: string;
  const data = () => join(folder, 'postgres');
  const postmaster = async () => Number.parseInt(await readFile(join(data(), 'postmaster.pid'), 'utf8'), 10);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tertulia-embedded-'));
  });
  afterEach(async () => {
    await endProcessesOf(data(), 'SIGKILL', 20_000);
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps what was written over a stop, with the same connection string, durable and without privileges', async () => {
    const first = await start(folder);
    await query(first.connectionString, 'create table kept as select 42 as answer');
    await first.stop();
    expect(await postgresProcessesOf(data())).toEqual([]);

    const second = await start(folder);
    expect(second.connectionString).toBe(first.connectionString);
    expect(await query(second.connectionString, 'select answer from kept')).toEqual([{ answer: 42 }]);
    const [settings] = await query(
      second.connectionString,
      `select current_setting('fsync') as fsync, current_setting('full_page_writes') as pages,
              current_setting('synchronous_commit') as commit, current_setting('listen_addresses') as addresses,
              (select rolsuper from pg_roles where rolname = current_user) as superuser,
              (select count(*)::int from pg_control_system()) as identified`,
    );
    expect(settings).toEqual({
      fsync: 'on',
      pages: 'on',
      commit: 'on',
      addresses: '',
      superuser: false,
      identified: 1,
    });
    await second.stop();
  });

  it('keeps its secret and its socket to itself', async () => {
    const database = await start(folder);
    for (const [path, mode] of [
      ['postgres.password', 0o600],
      ['run', 0o700],
      ['postgres', 0o700],
    ] as const) {
      expect((await stat(join(folder, path))).mode & 0o777, path).toBe(mode);
    }
    const stranger = database.connectionString.replace(/:[^:@/]+@/, ':wrong@');
    await expect(query(stranger, 'select 1')).rejects.toThrow('password authentication failed');
    await database.stop();
  });

  it('makes no database behind a password that was lost', async () => {
    const file = join(folder, 'postgres.password');
    await writeFile(file, '');
    await expect(start(folder)).rejects.toThrow(`${file} is empty; put it back from a backup`);
    expect(await readdir(folder)).toEqual(['postgres.password']);
    expect(await readFile(file, 'utf8')).toBe('');
  });

  it('refuses a second server on the same data directory, and harms the first one not', async () => {
    const first = await start(folder);
    await expect(start(folder)).rejects.toThrow(`is in use by process ${process.pid}`);
    const other = new Owner(folder);
    await other.exited;
    expect(other.failed).toContain(
      `DataDirectoryInUse: The data directory ${folder} is in use by process ${process.pid}`,
    );
    expect(await query(first.connectionString, 'select 1 as alive')).toEqual([{ alive: 1 }]);
    await first.stop();
  });

  it('lets one of three that start together on a fresh directory win', async () => {
    const started = await Promise.allSettled([start(folder), start(folder), start(folder)]);
    const winners = started.filter((one) => one.status === 'fulfilled');
    const refusals = started.filter((one) => one.status === 'rejected').map((one) => one.reason as unknown);
    expect(winners).toHaveLength(1);
    for (const refusal of refusals) expect(refusal).toBeInstanceOf(DataDirectoryInUse);
    for (const { value } of winners) {
      expect(await query(value.connectionString, 'select 1 as alive')).toEqual([{ alive: 1 }]);
      await value.stop();
    }
  });

  it('loses no acked row, whatever is killed, and starts again within ten seconds', { timeout: 600_000 }, async () => {
    const acked = new Set<number>();
    let owner = new Owner(folder);
    await owner.hasAcked(1);

    const restarted = async () => {
      for (const id of owner.acked) acked.add(id);
      const began = performance.now();
      owner = new Owner(folder, Math.max(...acked) + 1);
      await owner.hasAcked(1);
      return performance.now() - began;
    };
    /** Each answers how long it took until rows were acked again. */
    const kills = {
      async 'the owning process'() {
        await owner.kill();
        expect(await postgresProcessesOf(data()), 'the server lives on').not.toEqual([]);
        return restarted();
      },
      async 'only the postmaster'() {
        const connections = owner.connections;
        const began = performance.now();
        process.kill(await postmaster(), 'SIGKILL');
        expect(await until(async () => owner.connections > connections, 60_000), String(owner.failed)).toBe(true);
        return performance.now() - began;
      },
      async 'the owner, then the postmaster'() {
        await owner.kill();
        process.kill(await postmaster(), 'SIGKILL');
        return restarted();
      },
      async everything() {
        const all = await postgresProcessesOf(data());
        for (const pid of [owner.pid, ...all]) sendSignal(pid, 'SIGKILL'); // some end with the one before them
        await owner.exited;
        return restarted();
      },
    };

    const took = new Map<string, number[]>();
    for (let round = 0; round < times(5, 25); round++) {
      for (const [what, kill] of Object.entries(kills)) {
        took.set(what, [...(took.get(what) ?? []), await kill()]);
        await owner.hasAcked(20);
      }
    }
    for (const id of owner.acked) acked.add(id);
    const rows = await query<{ id: string }>(owner.connectionString, 'select id from acked');
    const found = new Set(rows.map(({ id }) => Number(id)));
    expect(acked.size).toBeGreaterThan(400);
    expect([...acked].filter((id) => !found.has(id))).toEqual([]);
    // The median of each kind: what else the machine does makes some of them slow, and a defect all.
    for (const [what, all] of took)
      expect(all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)], what).toBeLessThan(10_000);
    await owner.stop();
  });

  it('starts although a backend of a killed postmaster still works and holds the shared memory', async () => {
    const owner = new Owner(folder);
    await owner.hasAcked(1);
    const busy = new Client({ connectionString: owner.connectionString });
    busy.on('error', () => {});
    await busy.connect();
    // A statement that looks at no latch: such a backend does not notice that its postmaster died.
    busy.query('do $$ begin loop end loop; end $$').catch(() => {});
    const begun = "select from pg_stat_activity where state = 'active' and query like 'do $$%'";
    expect(await until(async () => (await query(owner.connectionString, begun)).length === 1, 20_000)).toBe(true);
    await owner.kill();
    process.kill(await postmaster(), 'SIGKILL');
    expect(await until(async () => (await postgresProcessesOf(data())).length === 1, 20_000)).toBe(true);

    const next = await start(folder);
    expect(await query(next.connectionString, 'select min(id)::int as first from acked')).toEqual([{ first: 1 }]);
    await next.stop();
    await busy.end().catch(() => {});
  });

  it('ends also a process that is started while the others are counted', async () => {
    await mkdir(data());
    const late = join(folder, 'late', 'postgres'); // the name by which it is known
    await mkdir(dirname(late));
    await symlink('/bin/sleep', late);
    const startsOneMore = `process.title = 'postgres';
      process.on('SIGQUIT', () => {
        require('node:child_process').spawn(${JSON.stringify(late)}, ['60'], { detached: true, stdio: 'ignore' });
        process.exit();
      });
      setInterval(() => {}, 60_000);
      console.log('ready');`;
    const early = spawn(process.execPath, ['-e', startsOneMore], { cwd: data() });
    await once(early.stdout, 'data');
    expect(await endProcessesOf(data(), 'SIGQUIT', 20_000)).toBe(true);
    expect(await postgresProcessesOf(data())).toEqual([]);
  });

  it('is not stopped by a pid file whose number another process has now', async () => {
    const first = await start(folder);
    const pidFile = await readFile(join(data(), 'postmaster.pid'), 'utf8');
    await first.stop();
    // A living process that is no postgres, but of the same user: PostgreSQL itself would refuse to start.
    const { uid, gid } = await stat(data());
    const stranger = spawn('sleep', ['60'], { uid, gid });
    await once(stranger, 'spawn');
    await writeFile(join(data(), 'postmaster.pid'), pidFile.replace(/^\d+/, String(stranger.pid)));
    const second = await start(folder);
    await second.stop();
    stranger.kill();
  });

  it('kills a leftover server that does not answer', async () => {
    const owner = new Owner(folder);
    await owner.hasAcked(1);
    for (const pid of await postgresProcessesOf(data())) sendSignal(pid, 'SIGSTOP'); // one may have ended by itself
    await owner.kill();
    const began = performance.now();
    const next = await start(folder);
    expect(performance.now() - began).toBeLessThan(20_000); // its own end would not come at all
    expect(await query(next.connectionString, 'select min(id)::int as first from acked')).toEqual([{ first: 1 }]);
    await next.stop();
  });

  it('says what PostgreSQL said when it cannot start', async () => {
    await (await start(folder)).stop();
    await writeFile(join(data(), 'postgresql.conf'), 'no_such_setting = on');
    await expect(start(folder)).rejects.toThrow(/does not start:[^]*no_such_setting/);
    expect(await postgresProcessesOf(data())).toEqual([]);
  });

  it('works in a folder that only this user may enter, with a path too long for a socket', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    const deep = join(closed, 'a'.repeat(60), 'b'.repeat(60));
    const database = await start(deep);
    expect(await query(database.connectionString, 'select 1 as alive')).toEqual([{ alive: 1 }]);
    await database.stop();
    await rm(decodeURIComponent(new URL(database.connectionString).hostname), { recursive: true });
  });

  it('finds its programs below a folder that only this user may enter', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    await symlink(dirname((await postgresBinaries()).postgres), join(closed, 'bin'));
    const postgres = join(closed, 'bin', 'postgres');
    const { program, args, as } = accountFor(data(), [postgres]).command(postgres, ['--version']);
    const { stdout, stderr } = spawnSync(program, args, { ...as, cwd: '/', encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringContaining('PostgreSQL'), stderr: '' });
  });
});
