import type { Clock } from '#app/application/ports/clock.ts';
import type { Journal } from '#app/application/ports/journal.ts';
import type { Metrics } from '#app/application/ports/metrics.ts';
import type { Config } from '#app/infrastructure/config/read-config.ts';
import { startEmbeddedPostgres } from '#app/infrastructure/embedded/embedded-postgres.ts';
import { migrate } from '#app/infrastructure/postgres/migrator.ts';
import { openLogPool } from '#app/infrastructure/postgres/log-pool.ts';
import { PostgresMessageLog } from '#app/infrastructure/postgres/postgres-message-log.ts';
import { awaitedDatabase } from './awaited-database.ts';
import { BatchFailures } from './batch-failures.ts';
import type { Lifetime } from './lifetime.ts';

const DEADLINE_MS = 1_200;
const PATIENCE_MS = 1_500;

export interface StorageParts {
  readonly journal: Journal;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** Told when something may have been committed that nobody announced. */
  readonly uncertain: () => void;
}

/** The database, started inside if there is none outside, migrated; and the log on connections of its own. */
export const openStorage = async (
  config: Config,
  lifetime: Lifetime,
  { journal, metrics, clock, uncertain }: StorageParts,
) => {
  const url = config.databaseUrl ?? (await embedded(config, lifetime, journal));
  const waits = (why: string) => journal.warn('the database does not answer yet; trying again', { cause: why });
  const postgres = lifetime.own(await awaitedDatabase(url, waits, uncertain), (opened) => opened.close());
  for (const name of await migrate(postgres.kysely)) journal.info('migrated', { migration: name });
  const { servers } = postgres.pool;
  servers.onLeft(() => {
    journal.warn('another database server has taken over, or holds another history');
    uncertain();
  });
  servers.onStray((why) => journal.warn('a database server that takes writes is not used', { cause: why }));
  const pool = lifetime.own(openLogPool(servers), (opened) => opened.end());
  const failures = new BatchFailures(journal, clock);
  const log = new PostgresMessageLog({
    pool,
    clock,
    queueLimit: config.limits.sendQueue,
    batchLimit: config.limits.batch,
    deadlineMs: DEADLINE_MS,
    patienceMs: PATIENCE_MS,
    observer: {
      batch: (size, ms) => {
        failures.wentThrough();
        metrics.observe('batch_ms', ms);
        metrics.observe('batch_size', size);
      },
      failed: (failure, size) => {
        metrics.count('batch_failures_total', { kind: failure.kind });
        failures.failed(failure, size);
      },
      settled: (size, stored) => {
        metrics.count('ambiguous_sends_total', {}, size);
        metrics.count('ambiguous_sends_stored_total', {}, stored);
      },
      uncertain: (conversations) => {
        metrics.count('uncertain_sends_total', {}, conversations.size);
        uncertain();
      },
    },
  });
  lifetime.own(log, (opened) => opened.close());
  metrics.gauge('send_queue', () => log.size);
  metrics.gauge('database_up', () => (log.failing ? 0 : 1));
  return { postgres, log };
};

/** The database inside, until the lifetime ends; answers where it is. @throws DataDirectoryInUse */
export const embedded = async (config: Config, lifetime: Lifetime, journal: Journal): Promise<string> => {
  const started = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: {
      info: (_fields, message) => journal.info(`postgres: ${message}`),
      warn: (_fields, message) => journal.warn(`postgres: ${message}`),
      error: ({ err }, message) => journal.warn(`postgres: ${message}${isFull(err) ? '; its disk is full' : ''}`),
    },
  });
  lifetime.own(started, (running) => running.stop());
  return started.connectionString;
};

/** The message ends with the last lines of the database's own log. */
const isFull = (error: unknown) => error instanceof Error && error.message.includes('No space left on device');
