import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Cluster } from './chaos-cluster.ts';
import { type FaultKind, during, over } from './chaos-fault.ts';

const ackSoon = ['ack', 5_000] as const;
const part = 'postgres';

const TERMINATE = `select pg_terminate_backend(pid) from pg_stat_activity
  where usename = 'tertulia' and pid <> pg_backend_pid()`;

const restart =
  (signal: 'SIGINT' | 'SIGQUIT'): FaultKind['inject'] =>
  async ({ postgres }, ms) => {
    await postgres.shutDown(signal);
    await pause(ms);
    await postgres.start();
  };

/** Somebody at the database of the nodes holds a lock for so long. */
const lock =
  (statement: string): FaultKind['inject'] =>
  async ({ postgres }: Cluster, ms) => {
    const holder = new Client({ connectionString: postgres.url });
    holder.on('error', () => {}); // another fault may end it
    try {
      await holder.connect();
      await holder.query("set lock_timeout = '2s'"); // of whoever is before
      await holder.query('begin');
      await holder.query(statement);
      await pause(ms);
      await holder.query('rollback');
    } catch {
      // with its connection the lock is gone
    } finally {
      await holder.end();
    }
  };

export const postgresFaults: readonly FaultKind[] = [
  {
    ...{ name: 'PostgreSQL kill -9', part, ms: [0, 2_000], goal: ackSoon, weight: 4 },
    async inject({ postgres }, ms) {
      await postgres.kill();
      await pause(ms);
      await postgres.start();
    },
  },
  {
    ...{ name: 'PostgreSQL restarted, fast', part, ms: [0, 1_000], goal: ackSoon, weight: 3 },
    inject: restart('SIGINT'),
  },
  {
    ...{ name: 'PostgreSQL restarted, immediate', part, ms: [0, 1_000], goal: ackSoon, weight: 3 },
    inject: restart('SIGQUIT'),
  },
  {
    ...{ name: 'PostgreSQL backends terminated, half of them each 200 ms', part, ms: [400, 2_000], goal: ackSoon },
    weight: 6,
    inject: ({ postgres }, ms) => over(ms, 200, () => postgres.query(`${TERMINATE} and random() < 0.5`)),
  },
  {
    ...{ name: 'PostgreSQL frozen', part, ms: [1_500, 5_000], goal: ackSoon, weight: 2 },
    async inject({ postgres }, ms) {
      await postgres.freeze();
      await during(ms, () => postgres.thaw());
    },
  },
  {
    ...{ name: 'PostgreSQL takes no more connections, after it ended all', part, ms: [500, 2_500], goal: ackSoon },
    weight: 3,
    async inject({ postgres }, ms) {
      await postgres.query('alter role tertulia connection limit 0');
      try {
        await postgres.query(TERMINATE);
        await pause(ms);
      } finally {
        await postgres.query('alter role tertulia connection limit -1');
      }
    },
  },
  {
    ...{ name: 'a conversation locked for long', part, ms: [1_000, 4_000], goal: ackSoon, weight: 3 },
    inject: lock('select from conversations where id = (select conversation_id from messages limit 1) for update'),
  },
  {
    ...{ name: 'all conversations locked, so that every connection waits', part, ms: [500, 3_000], goal: ackSoon },
    weight: 3,
    inject: lock('lock table conversations in access exclusive mode'),
  },
];
