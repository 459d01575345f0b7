import { sql } from 'kysely';
import type { Config } from '#app/infrastructure/config/read-config.ts';
import { startEmbeddedPostgres } from '#app/infrastructure/embedded/embedded-postgres.ts';
import type { Postgres } from '#app/infrastructure/postgres/database.ts';
import { migrate } from '#app/infrastructure/postgres/migrator.ts';
import { awaitedDatabase } from './awaited-database.ts';
import { Lifetime } from './lifetime.ts';

const silent = { info: () => {}, warn: () => {}, error: () => {} };

const withDatabase = async <T>(
  { databaseUrl, dataDir }: Config,
  work: (postgres: Postgres) => Promise<T>,
): Promise<T> => {
  await using lifetime = new Lifetime();
  const own = async () =>
    lifetime.own(await startEmbeddedPostgres({ dataDir, log: silent }), (running) => running.stop()).connectionString;
  const waits = (why: string) => process.stderr.write(`The database does not answer yet; trying again: ${why}\n`);
  return work(lifetime.own(await awaitedDatabase(databaseUrl ?? (await own()), waits), (opened) => opened.close()));
};

/** Answers the names of what was applied. */
export const migrateOnly = (config: Config): Promise<readonly string[]> =>
  withDatabase(config, (postgres) => migrate(postgres.kysely));

/** For an operator who restored a backup: every client's cursors are of another history from now on. */
export const bumpEpoch = (config: Config): Promise<string> =>
  withDatabase(config, async (postgres) => {
    await migrate(postgres.kysely);
    await postgres.run((db) => sql`UPDATE epoch_bump SET bump = bump + 1`.execute(db));
    return postgres.epoch();
  });
