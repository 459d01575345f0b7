import { Client } from 'pg';
import { v7 } from 'uuid';
import { UserId } from '#app/domain/shared/ids.ts';
import { Postgres } from '#app/infrastructure/postgres/database.ts';
import { openLogPool } from '#app/infrastructure/postgres/log-pool.ts';
import type { PoolOptions } from '#app/infrastructure/postgres/pool.ts';
import { PostgresAcquaintances } from '#app/infrastructure/postgres/postgres-acquaintances.ts';
import { PostgresBlocks } from '#app/infrastructure/postgres/postgres-blocks.ts';
import { PostgresConversationReader } from '#app/infrastructure/postgres/postgres-conversation-reader.ts';
import { PostgresConversations } from '#app/infrastructure/postgres/postgres-conversations.ts';
import { PostgresFeed } from '#app/infrastructure/postgres/postgres-feed.ts';
import { PostgresMessageLog, type MessageLogObserver } from '#app/infrastructure/postgres/postgres-message-log.ts';
import { PostgresOwnState } from '#app/infrastructure/postgres/postgres-own-state.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { type ChatWorld, PATIENT_MS, type WorldBounds } from './chat-world.ts';
import { aDatabase } from './services.ts';

export interface PostgresWorld extends ChatWorld {
  readonly postgres: Postgres;
  readonly url: string;
}

const deaf: MessageLogObserver = { batch: () => {}, failed: () => {}, settled: () => {}, uncertain: () => {} };

interface PostgresBounds extends WorldBounds {
  readonly url?: string;
  readonly observer?: MessageLogObserver;
  readonly deadlineMs?: number;
  /** Of all connections but the log's. */
  readonly connections?: Partial<PoolOptions>;
}

/** The chat on PostgreSQL, wired as the composition root does it: on a database of its own unless one is given. */
export const aPostgresWorld = async (bounds: PostgresBounds = {}): Promise<PostgresWorld> => {
  const url = bounds.url ?? (await aDatabase()).url;
  const postgres = await Postgres.open(url, bounds.connections);
  const pool = openLogPool(url);
  const log = new PostgresMessageLog({
    ...{ pool, clock: new SystemClock(), observer: bounds.observer ?? deaf },
    ...{ queueLimit: bounds.queueLimit ?? 10_000, batchLimit: bounds.batchLimit ?? 500 },
    ...{ deadlineMs: bounds.deadlineMs ?? 1_200, patienceMs: bounds.patienceMs ?? 2_000 },
  });
  return {
    ...{ url, postgres, log },
    conversations: new PostgresConversations(postgres),
    reader: new PostgresConversationReader(postgres),
    ownState: new PostgresOwnState(postgres),
    blocks: new PostgresBlocks(postgres),
    feed: new PostgresFeed(postgres),
    acquaintances: new PostgresAcquaintances(postgres),
    aUser: async () => {
      const id = UserId(v7());
      await postgres.kysely.insertInto('users').values({ id, display_name: 'Someone' }).execute();
      return id;
    },
    disable: async (id) => {
      await postgres.kysely.updateTable('users').set({ disabled_at: new Date() }).where('id', '=', id).execute();
    },
    hold: async (id) => {
      const client = new Client({ connectionString: url });
      await client.connect();
      await client.query('begin');
      await client.query('select from conversations where id = $1 for no key update', [id]);
      return () => client.end();
    },
    close: async () => {
      await log.close();
      await Promise.all([postgres.close(), pool.end()]);
    },
  };
};

/** Nobody is refused because the machine stood still, or the disk did. */
const patient = {
  ...{ connectTimeoutMs: PATIENT_MS, deadlineMs: PATIENT_MS, statementTimeoutMs: PATIENT_MS },
  ...{ lockTimeoutMs: PATIENT_MS, idleInTransactionMs: PATIENT_MS },
} satisfies Partial<PoolOptions>;

export const aPatientPostgres = (url: string, options: Partial<PoolOptions> = {}): Promise<Postgres> =>
  Postgres.open(url, { ...patient, ...options });

/** The same where a test is about what is stored, and not about who waits too long. */
export const aPatientPostgresWorld = (bounds: PostgresBounds = {}): Promise<PostgresWorld> => {
  const { patienceMs = PATIENT_MS } = bounds;
  const connections = { ...patient, lockTimeoutMs: patienceMs, ...bounds.connections };
  return aPostgresWorld({ deadlineMs: PATIENT_MS, ...bounds, patienceMs, connections });
};
