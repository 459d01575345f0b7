import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CompiledQuery, type Kysely } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';

/** The folder lies beside both `src` and `dist`, which have the same depth. */
const MIGRATIONS = join(import.meta.dirname, '..', '..', '..', 'migrations');
const NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

/** A migration must not queue behind a long lock, for all who come later would queue behind it. */
const LOCK_TIMEOUT_MS = 3_000;
const LOCK_ATTEMPTS = 20;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Applies what is missing of `NNNN-name.sql`, in the order of the numbers, each file in a transaction of its own that
 * also records it. There is no way back. Several that start together take turns, and each file is applied once.
 * @returns the names that this call applied
 * @throws what PostgreSQL threw; the file that failed leaves no trace, those before it stay
 */
export const migrate = async <Database>(db: Kysely<Database>, folder = MIGRATIONS): Promise<readonly string[]> => {
  const migrations = await loaded<Database>(folder);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const applied: string[] = [];
  for (let attempt = 1; ; ) {
    const { error, results } = await migrator.migrateUp();
    const done = results?.find(({ status }) => status === 'Success');
    if (done) applied.push(done.migrationName);
    else if (!error) return applied;
    else if (codeOf(error) !== LOCK_NOT_AVAILABLE || attempt++ >= LOCK_ATTEMPTS) throw error;
  }
};

const loaded = async <Database>(folder: string): Promise<Record<string, Migration>> => {
  const files = (await readdir(folder)).toSorted();
  const numbers = new Set<string>();
  const migrations: Record<string, Migration> = {};
  for (const file of files) {
    const number = NAME.exec(file)?.[1];
    if (number === undefined) throw new Error(`${file} in ${folder} is not named NNNN-name.sql`);
    if (numbers.has(number)) throw new Error(`two migrations in ${folder} have the number ${number}`);
    numbers.add(number);
    const text = await readFile(join(folder, file), 'utf8');
    migrations[file.replace(/\.sql$/, '')] = {
      async up(db: Kysely<Database>) {
        await db.executeQuery(CompiledQuery.raw(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`));
        await db.executeQuery(CompiledQuery.raw(text));
      },
    };
  }
  return migrations;
};

const codeOf = (error: unknown) => (error as { code?: string }).code;
