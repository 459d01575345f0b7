import { sql } from 'kysely';
import { Client, type Pool } from 'pg';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Postgres, RunAgain } from '#app/infrastructure/postgres/database.ts';
import { DatabaseAway, UnfitDatabase } from '#app/infrastructure/postgres/failure.ts';
import { openPool, type PoolOptions } from '#app/infrastructure/postgres/pool.ts';
import { Servers } from '#app/infrastructure/postgres/servers.ts';
import { refuses } from '../support/refusals.ts';
import { ServiceWay } from '../support/service-way.ts';
import { aDatabase, aPostgresServer } from '../support/services.ts';

let url: string;
const opened: Postgres[] = [];

beforeAll(async () => {
  ({ url } = await aDatabase());
  await execute('create table notes (id integer primary key, text text)');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((one) => one.close()));
  await execute('truncate notes');
});

/** What a test does not say itself a machine that stands still for a while doesn't reach. */
const ROOM = { connectTimeoutMs: 10_000, deadlineMs: 10_000 };
const aPostgres = async (options: Partial<PoolOptions> = {}, at = url) => {
  const postgres = await Postgres.open(at, { ...ROOM, ...options });
  opened.push(postgres);
  return postgres;
};
const execute = async (text: string) => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
};
const notes = async () => (await execute('select id from notes order by id')).map(({ id }) => id as number);
const pidOf = async (pool: Pool) => (await pool.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid;
const failingWith = (code: string) => sql`do ${sql.lit(`begin raise exception using errcode = '${code}'; end`)}`;

describe('a connection', () => {
  it('is durable, READ COMMITTED and bounded, whatever the server’s defaults are', async () => {
    const postgres = await aPostgres({ settings: { plan_cache_mode: 'force_generic_plan' } });
    const { rows } = await postgres.pool.query(`
      select current_setting('synchronous_commit') as durable, current_setting('transaction_isolation') as isolation,
        current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
        current_setting('idle_in_transaction_session_timeout') as idle, current_setting('application_name') as name,
        current_setting('plan_cache_mode') as plans`);
    expect(rows).toEqual([
      {
        ...{ durable: 'on', isolation: 'read committed', statement: '5s', lock: '800ms', idle: '1s' },
        ...{ name: 'tertulia', plans: 'force_generic_plan' },
      },
    ]);
  });

  it.each([
    ['synchronous_commit', '-c synchronous_commit=off'],
    ['default_transaction_isolation', '-c default_transaction_isolation=serializable'],
  ])('is refused at start when its address weakens %s', async (name, options) => {
    const weakened = new URL(url);
    weakened.searchParams.set('options', options);
    const error = await Postgres.open(weakened.href).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UnfitDatabase);
    expect(String(error)).toContain(name);
  });

  it('is refused at start where nothing listens, or the password is wrong', async () => {
    const nowhere = new URL(url);
    nowhere.port = '1';
    await expect(Postgres.open(nowhere.href)).rejects.toBeInstanceOf(DatabaseAway);
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(Postgres.open(wrong.href)).rejects.toMatchObject({ code: '28P01' });
  });

  it('gives counters as numbers, and never a rounded one', async () => {
    const { pool } = await aPostgres({ max: 1 });
    const { rows } = await pool.query(
      `select 9007199254740991::bigint as most, (-1)::bigint as low, '5'::counter as counted`,
    );
    expect(rows).toEqual([{ most: Number.MAX_SAFE_INTEGER, low: -1, counted: 5 }]);
    const pid = await pidOf(pool);
    await expect(pool.query('select 9007199254740993::bigint')).rejects.toBeInstanceOf(RangeError);
    expect(await pidOf(pool)).not.toBe(pid); // what failed without a word of the server is not trusted again
  });
});

describe('what comes back broken is never lent again', () => {
  it('a connection inside a transaction', async () => {
    const { pool } = await aPostgres({ max: 1 });
    const pid = await pidOf(pool);
    const client = await pool.connect();
    await client.query('begin');
    await client.query('insert into notes values (1)');
    client.release();
    expect(await pidOf(pool)).not.toBe(pid);
    expect(await notes()).toEqual([]);
  });

  it('a healthy one is lent again', async () => {
    const { pool } = await aPostgres({ max: 1 });
    const pid = await pidOf(pool);
    const client = await pool.connect();
    await client.query('begin');
    await expect(client.query('select broken')).rejects.toMatchObject({ code: '42703' });
    await client.query('rollback');
    client.release();
    expect(await pidOf(pool)).toBe(pid);
  });

  it('one whose statement got no answer in time: the call ends then, and the connection with it', async () => {
    const postgres = await aPostgres({ max: 1, deadlineMs: 1_500, statementTimeoutMs: 60_000 });
    const pid = await pidOf(postgres.pool);
    const started = performance.now();
    await refuses(
      postgres.run((db) => sql`select pg_sleep(30)`.execute(db)),
      'unavailable',
    );
    expect(performance.now() - started).toBeLessThan(15_000);
    expect(await pidOf(postgres.pool)).not.toBe(pid);
  });

  it('but not one whose answer came in time, to a process that stood still until it was too late', async () => {
    const { pool } = await aPostgres({ max: 1, deadlineMs: 300 });
    const client = await pool.connect();
    const answer = client.query('select 42 as answer');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    expect((await answer).rows).toEqual([{ answer: 42 }]);
    client.release();
  });

  it('one that timed out inside a transaction, with all that the transaction did', async () => {
    const postgres = await aPostgres({ max: 1, deadlineMs: 1_500 });
    const work = postgres.transaction(async (trx) => {
      await sql`insert into notes values (1)`.execute(trx);
      await sql`select pg_sleep(30)`.execute(trx);
    });
    await refuses(work, 'unavailable');
    await postgres.transaction((trx) => sql`insert into notes values (2)`.execute(trx));
    expect(await notes()).toEqual([2]);
  });

  it('one that the server ended while it was lent and idle; this process lives on', async () => {
    const { pool } = await aPostgres({ max: 1 });
    const client = await pool.connect();
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const ended = new Promise((resolve) => client.once('end', resolve));
    await execute(`select pg_terminate_backend(${rows[0]?.pid})`);
    await ended;
    await expect(client.query('select 1')).rejects.toBeInstanceOf(DatabaseAway);
    client.release();
    expect(await pidOf(pool)).not.toBe(rows[0]?.pid);
  });

  it('one that the server ended while nobody used it', async () => {
    const postgres = await aPostgres({ max: 1 });
    const removed = new Promise((resolve) => postgres.pool.once('remove', resolve));
    await execute(`select pg_terminate_backend(${await pidOf(postgres.pool)})`);
    await removed;
    expect(await postgres.run((db) => db.selectFrom('users').selectAll().execute())).toEqual([]);
  });

  it('a transaction that dawdles loses its locks, and is refused', async () => {
    const postgres = await aPostgres({ idleInTransactionMs: 100 });
    const work = postgres.transaction(async (trx) => {
      await sql`insert into notes values (1)`.execute(trx);
      await expect
        .poll(async () => execute("select from pg_stat_activity where query like 'insert into notes%'"), {
          timeout: 15_000,
        })
        .toEqual([]);
      await sql`insert into notes values (2)`.execute(trx);
    });
    await refuses(work, 'unavailable');
    expect(await notes()).toEqual([]);
  });
});

describe('a transaction', () => {
  it('whose error was swallowed never reports success', async () => {
    const postgres = await aPostgres();
    const work = postgres.transaction(async (trx) => {
      await sql`insert into notes values (1)`.execute(trx);
      await sql`select broken`.execute(trx).catch(() => {});
    });
    await expect(work).rejects.toThrow(/aborted|rolled back/i);
    expect(await notes()).toEqual([]);
  });

  it('that meets a deadlock runs again', async () => {
    // Above its detector's time the lock timeout would end the wait, so this takes a server with an impatient detector.
    const server = await aPostgresServer(['deadlock_timeout=50ms']);
    try {
      const postgres = await aPostgres({ lockTimeoutMs: 10_000, idleInTransactionMs: 10_000 }, server.url);
      await postgres.pool.query("create table notes as select id, '' as text from generate_series(1, 2) as id");
      let waiting = 0;
      let bothHoldOne = () => {};
      const both = new Promise<void>((resolve) => (bothHoldOne = resolve));
      let attempts = 0;
      const crosswise = (first: number, second: number) =>
        postgres.transaction(async (trx) => {
          attempts++;
          await sql`update notes set text = text || 'x' where id = ${first}`.execute(trx);
          if (++waiting === 2) bothHoldOne();
          await both;
          await sql`update notes set text = text || 'x' where id = ${second}`.execute(trx);
        });
      await Promise.all([crosswise(1, 2), crosswise(2, 1)]);
      expect(attempts).toBeGreaterThan(2); // the one that was rolled back may meet the other again
      expect((await postgres.pool.query('select text from notes')).rows).toEqual([{ text: 'xx' }, { text: 'xx' }]);
      await Promise.all(opened.splice(0).map((one) => one.close()));
    } finally {
      await server.stop();
    }
  });

  it.each(['40001', '40P01'])('that fails with %s runs again, three times in all', async (code) => {
    const postgres = await aPostgres();
    let attempts = 0;
    const work = (until: number) =>
      postgres.transaction(async (trx) => {
        await sql`insert into notes values (${++attempts})`.execute(trx);
        if (attempts < until) await failingWith(code).execute(trx);
      });
    await work(3);
    expect(await notes()).toEqual([3]);
    await refuses(work(99), 'unavailable');
    expect([attempts, await notes()]).toEqual([6, [3]]);
  });

  it('that found the world changed runs again', async () => {
    const postgres = await aPostgres();
    let attempts = 0;
    const found = await postgres.transaction(async () => {
      if (++attempts < 2) throw new RunAgain();
      return 'found';
    });
    expect([found, attempts]).toEqual(['found', 2]);
  });
});

describe('errors', () => {
  it.each(['08006', '53100', '53200', '53300', '57014', '57P01', '57P03', '55P03', '25006'])(
    'of SQLSTATE %s are refused `unavailable`, with the cause for the journal',
    async (code) => {
      const postgres = await aPostgres();
      const error = await postgres.run((db) => failingWith(code).execute(db)).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ name: 'Refusal', kind: 'unavailable', retryAfterMs: 1_000, cause: { code } });
      expect((error as Error).message).not.toContain(code);
    },
  );

  it.each(['23505', '22P02', '42601', 'P0001'])('of SQLSTATE %s are faults of ours', async (code) => {
    const postgres = await aPostgres();
    await expect(postgres.run((db) => failingWith(code).execute(db))).rejects.toMatchObject({ code });
  });

  it('of a lock that somebody keeps come in time', async () => {
    const postgres = await aPostgres({ lockTimeoutMs: 100, idleInTransactionMs: 60_000 });
    await execute("insert into notes values (1, '')");
    const holder = await postgres.pool.connect();
    await holder.query('begin; select from notes for update');
    await refuses(
      postgres.transaction((trx) => sql`select from notes for update`.execute(trx)),
      'unavailable',
      'lock_timeout',
    );
    await holder.query('rollback');
    holder.release();
  });
});

describe('waiting for a connection', () => {
  it('is bounded in time and number', async () => {
    const postgres = await aPostgres({ max: 1, connectTimeoutMs: 1_500, maxWaiting: 2 });
    const holder = await postgres.pool.connect();
    const ask = () => postgres.run((db) => sql`select 1`.execute(db));
    const [first, second] = [ask(), ask()];
    const ended: string[] = [];
    const refused = (one: Promise<unknown>, name: string) => refuses(one, 'unavailable').then(() => ended.push(name));
    await Promise.all([refused(first, 'waited'), refused(second, 'waited'), refused(ask(), 'had no place')]);
    expect(ended).toEqual(['had no place', 'waited', 'waited']);
    holder.release();
    await ask();
  });
});

describe('a look at the database', () => {
  it('finds that it answers, although work has taken every connection', async () => {
    const postgres = await aPostgres({ max: 1, connectTimeoutMs: 1_500 });
    const holder = await postgres.pool.connect();
    await expect(postgres.pool.query('select')).rejects.toBeInstanceOf(DatabaseAway);
    expect(await postgres.answers()).toBe(true);
    holder.release();
  });

  it('keeps one connection for all of them', async () => {
    const postgres = await aPostgres({ applicationName: 'looking' });
    for (let look = 0; look < 3; look++) expect(await postgres.answers()).toBe(true);
    const names = "select from pg_stat_activity where application_name = 'looking lookout'";
    expect(await execute(names)).toHaveLength(1);
  });

  it('finds that it does not', async () => {
    const way = await ServiceWay.start(url);
    const postgres = await aPostgres({ deadlineMs: 2_000, connectTimeoutMs: 2_000 }, way.url);
    expect(await postgres.answers()).toBe(true);
    way.drop();
    await way.close();
    expect(await postgres.answers()).toBe(false);
  });
});

describe('a server that freezes', () => {
  it('while it is left for another one keeps nobody waiting', async () => {
    const way = await ServiceWay.start(url);
    const toReadOnly = new URL(way.url);
    toReadOnly.searchParams.set('options', '-c default_transaction_read_only=on');
    const servers = new Servers(toReadOnly.href);
    const passOver = vi.spyOn(servers, 'passOver').mockImplementation(() => way.hold('up', 'down'));
    const limits = { statementTimeoutMs: 10_000, lockTimeoutMs: 10_000, connectTimeoutMs: 10_000 };
    const pool = openPool(servers, { max: 1, applicationName: 'left', ...limits });
    await expect(pool.connect()).rejects.toThrow('takes no writes');
    expect(passOver).toHaveBeenCalled();
    await Promise.all([pool.end(), way.close()]);
  });
});

describe('epoch', () => {
  it('stays over connections and pools, and is another one after the operator’s bump', async () => {
    const postgres = await aPostgres({ max: 1 });
    const before = await postgres.epoch();
    expect(before).toMatch(/^[\w-]{22}$/);
    expect(await (await aPostgres()).epoch()).toBe(before);
    await execute('update epoch_bump set bump = bump + 1');
    const client = await postgres.pool.connect();
    client.release(true);
    const after = await postgres.epoch();
    expect(after).not.toBe(before);
    expect(await postgres.epoch()).toBe(after);
  });
});
