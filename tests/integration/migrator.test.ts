import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '#app/infrastructure/embedded/postgres-processes.ts';
import { migrate } from '#app/infrastructure/postgres/migrator.ts';
import { aDatabase, type TestDatabase } from '../support/services.ts';

interface Tables {
  fruit: { name: string };
}

describe('migrate', () => {
  let database: TestDatabase;
  let folder: string;
  const open: Kysely<Tables>[] = [];
  const connect = (url: string, max = 1) => {
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: new Pool({ connectionString: url, max }) }) });
    open.push(db);
    return db;
  };
  const file = (name: string, text: string) => writeFile(join(folder, name), text);
  const fruit = async (db: Kysely<Tables>) =>
    (await db.selectFrom('fruit').select('name').execute()).map(({ name }) => name);

  beforeEach(async () => {
    database = await aDatabase();
    const db = connect(database.url);
    await sql`drop schema public cascade`.execute(db);
    await sql`create schema public`.execute(db);
    folder = await mkdtemp(join(tmpdir(), 'tertulia-migrations-'));
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((db) => db.destroy()));
    await rm(folder, { recursive: true });
  });

  it('applies files of many statements by number, then only what was added', async () => {
    const db = connect(database.url);
    await file('0002-more.sql', "insert into fruit values ('fig'); insert into fruit values ('pear');");
    await file('0001-core.sql', 'create table fruit (name text primary key);\n-- no more\n');
    expect(await migrate(db, folder)).toEqual(['0001-core', '0002-more']);
    expect(await migrate(db, folder)).toEqual([]);
    await file('0003-plum.sql', "insert into fruit values ('plum')");
    expect(await migrate(db, folder)).toEqual(['0003-plum']);
    expect(await fruit(db)).toEqual(['fig', 'pear', 'plum']);
  });

  it('leaves no trace of a file that fails, and keeps those before it', async () => {
    const db = connect(database.url);
    await file('0001-core.sql', 'create table fruit (name text primary key)');
    await file('0002-bad.sql', "insert into fruit values ('fig'); select 1 / 0;");
    await expect(migrate(db, folder)).rejects.toThrow('division by zero');
    expect(await fruit(db)).toEqual([]);
    await file('0002-bad.sql', "insert into fruit values ('fig')");
    expect(await migrate(db, folder)).toEqual(['0002-bad']);
  });

  it('applies each file once when five start together', async () => {
    await file('0001-core.sql', 'create table fruit (name text)');
    await file('0002-more.sql', "insert into fruit values ('fig'); select pg_sleep(0.05);");
    await file('0003-more.sql', "insert into fruit values ('pear')");
    const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(connect(database.url), folder)));
    expect(applied.flat().toSorted()).toEqual(['0001-core', '0002-more', '0003-more']);
    expect(await fruit(connect(database.url))).toEqual(['fig', 'pear']);
  });

  it('does not queue behind a long lock, and tries again when it is gone', { timeout: 60_000 }, async () => {
    const db = connect(database.url);
    await file('0001-core.sql', 'create table fruit (name text)');
    await migrate(db, folder);
    await file('0002-column.sql', 'alter table fruit add column colour text');
    const holder = connect(database.url);
    const reader = connect(database.url);
    const blocked = async () => {
      const { rows } = await sql`select from pg_stat_activity
        where wait_event_type = 'Lock' and datname = current_database()`.execute(reader);
      return rows.length > 0;
    };
    const migrated = await holder.transaction().execute(async (held) => {
      await held.selectFrom('fruit').selectAll().execute();
      const migration = migrate(db, folder);
      expect(await until(blocked, 20_000)).toBe(true);
      expect(await fruit(reader)).toEqual([]); // gets through as soon as the migration's own wait has timed out
      return { migration };
    });
    expect(await migrated.migration).toEqual(['0002-column']);
  });

  it('refuses a database that a later version has migrated', async () => {
    const db = connect(database.url);
    await file('0001-core.sql', 'create table fruit (name text)');
    await file('0002-later.sql', 'select 1');
    await migrate(db, folder);
    await rm(join(folder, '0002-later.sql'));
    await expect(migrate(db, folder)).rejects.toThrow('0002-later');
  });

  it.each([
    [['core.sql'], 'not named NNNN-name.sql'],
    [['0001-core.ts'], 'not named NNNN-name.sql'],
    [['0001-one.sql', '0001-two.sql'], 'have the number 0001'],
  ])('refuses the folder %j', async (names, problem) => {
    for (const name of names) await file(name, 'select 1');
    await expect(migrate(connect(database.url), folder)).rejects.toThrow(problem);
  });

  it('finds the project’s own migrations', async () => {
    const db = connect(database.url);
    expect(await migrate(db)).toContain('0001-core');
    expect(await migrate(db)).toEqual([]);
  });
});
