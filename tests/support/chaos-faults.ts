import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from './chaos-cluster.ts';

/** Of a cluster. */
export const NODES = 3;

export type Part = 'node' | 'postgres' | 'redis' | 'haproxy' | 'clients';

/** A way in which a part of the cluster breaks, and is whole again when `inject` resolves. */
export interface FaultKind {
  readonly name: string;
  readonly part: Part;
  /** How long it lasts, at least and at most. */
  readonly ms: readonly [number, number];
  /** @param node the one that it happens to, where it happens to one */
  inject(cluster: Cluster, ms: number, node: number): Promise<void>;
  /** In how many milliseconds after its end everybody has a message that was sent after it. */
  readonly goalMs: number;
  /** How often it is in the deck. */
  readonly weight?: number;
}

const over = async (ms: number, everyMs: number, act: () => Promise<unknown>): Promise<void> => {
  for (const until = performance.now() + ms; performance.now() < until; await pause(everyMs)) await act();
};

const killNode: FaultKind['inject'] = async (cluster, ms, node) => {
  await cluster.node(node).kill();
  await pause(ms);
  await cluster.startNode(node);
};

const TERMINATE = `select pg_terminate_backend(pid) from pg_stat_activity
  where usename = 'tertulia' and pid <> pg_backend_pid() and random() < 0.5`;

export const faultKinds: readonly FaultKind[] = [
  { name: 'node kill -9, back within its lease', part: 'node', ms: [0, 2_000], goalMs: 5_000, inject: killNode },
  { name: 'node kill -9, back after its lease', part: 'node', ms: [10_500, 12_000], goalMs: 5_000, inject: killNode },
  {
    ...{ name: 'node frozen', part: 'node', ms: [5_000, 15_000], goalMs: 5_000 },
    async inject(cluster, ms, node) {
      cluster.node(node).signal('SIGSTOP');
      await pause(ms);
      cluster.node(node).signal('SIGCONT');
    },
  },
  {
    ...{ name: 'node drained (SIGTERM) and started', part: 'node', ms: [0, 500], goalMs: 5_000 },
    async inject(cluster, ms, node) {
      await cluster.node(node).stop();
      await pause(ms);
      await cluster.startNode(node);
    },
  },
  {
    ...{ name: 'PostgreSQL kill -9', part: 'postgres', ms: [0, 2_000], goalMs: 5_000, weight: 5 },
    async inject({ postgres }, ms) {
      await postgres.kill();
      await pause(ms);
      await postgres.start();
    },
  },
  {
    ...{ name: 'PostgreSQL backends terminated, half of them each 200 ms', part: 'postgres', ms: [400, 2_000] },
    ...{ goalMs: 5_000, weight: 9 },
    inject: ({ postgres }, ms) => over(ms, 200, () => postgres.query(TERMINATE)),
  },
  {
    ...{ name: 'PostgreSQL frozen', part: 'postgres', ms: [1_500, 5_000], goalMs: 5_000 },
    async inject({ postgres }, ms) {
      await postgres.freeze();
      await pause(ms);
      await postgres.thaw();
    },
  },
  {
    ...{ name: 'Redis kill -9', part: 'redis', ms: [0, 3_000], goalMs: 3_000, weight: 3 },
    async inject({ redis }, ms) {
      await redis.kill();
      await pause(ms);
      await redis.start();
    },
  },
  {
    ...{ name: 'Redis frozen', part: 'redis', ms: [1_000, 5_000], goalMs: 3_000 },
    async inject({ redis }, ms) {
      redis.signal('SIGSTOP');
      await pause(ms);
      redis.signal('SIGCONT');
    },
  },
  {
    ...{ name: 'Redis FLUSHALL', part: 'redis', ms: [0, 300], goalMs: 3_000, weight: 9 },
    async inject(cluster, ms) {
      await pause(ms);
      await cluster.askRedis((redis) => redis.flushall());
    },
  },
  {
    ...{ name: 'Redis subscribers cut each 150 ms', part: 'redis', ms: [150, 1_500], goalMs: 5_000, weight: 9 },
    inject: (cluster, ms) =>
      over(ms, 150, () => cluster.askRedis((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))),
  },
  {
    ...{ name: 'HAProxy kill -9', part: 'haproxy', ms: [0, 1_000], goalMs: 10_000 },
    async inject({ haproxy }, ms) {
      await haproxy.kill();
      await pause(ms);
      await haproxy.start();
    },
  },
  {
    ...{ name: 'HAProxy reloaded', part: 'haproxy', ms: [0, 300], goalMs: 10_000, weight: 3 },
    async inject({ haproxy }, ms) {
      await pause(ms);
      await haproxy.reload();
    },
  },
  {
    ...{ name: 'client connections cut', part: 'clients', ms: [200, 1_500], goalMs: 5_000, weight: 9 },
    inject: ({ ways }, ms) =>
      over(ms, 400, async () => {
        for (const [at, way] of ways.entries()) {
          way.cutAfter(Math.floor(way.random() * 4_000), at === 0 ? 'up' : 'down');
          if (way.random() < 0.5) way.drop();
        }
      }),
  },
  {
    ...{ name: 'client connections half open', part: 'clients', ms: [500, 3_000], goalMs: 15_000 },
    async inject(cluster, ms) {
      cluster.setWays({ silent: true });
      await pause(ms);
      cluster.setWays({}); // those that lost something stay dumb: each client has to find out
    },
  },
];
