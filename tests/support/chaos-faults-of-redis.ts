import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Cluster } from './chaos-cluster.ts';
import { type FaultKind, during, over } from './chaos-fault.ts';
import { RedisServer } from './redis-server.ts';

const acrossSoon = ['across', 3_000] as const;
const part = 'redis';

/** A replica follows, is promoted, and takes over; what the one before still had to say is gone. */
const failOver = async (cluster: Cluster, ms: number): Promise<void> => {
  const [before, replica] = [cluster.redis, await RedisServer.start()];
  const client = new Redis(replica.url);
  await client.replicaof('127.0.0.1', before.port);
  await before.kill();
  await pause(ms);
  await client.replicaof('NO', 'ONE');
  client.disconnect();
  cluster.redis = replica;
  for (const way of cluster.toRedis) way.leadTo(replica.url);
};

/** One node is led to another Redis than the others: each hears itself, and none hears both sides. */
const split = async (cluster: Cluster, ms: number, node: number): Promise<void> => {
  const other = await RedisServer.start();
  const { redis: way } = cluster.waysOf(node);
  way.leadTo(other.url);
  await during(ms, () => way.leadTo(cluster.redis.url));
  await other.kill();
};

export const redisFaults: readonly FaultKind[] = [
  {
    ...{ name: 'Redis kill -9', part, ms: [0, 3_000], goal: acrossSoon, weight: 3 },
    async inject({ redis }, ms) {
      await redis.kill();
      await pause(ms);
      await redis.start();
    },
  },
  {
    ...{ name: 'Redis frozen', part, ms: [1_000, 5_000], goal: acrossSoon, weight: 2 },
    async inject({ redis }, ms) {
      redis.signal('SIGSTOP');
      await during(ms, () => redis.signal('SIGCONT'));
    },
  },
  {
    ...{ name: 'Redis FLUSHALL', part, ms: [0, 300], goal: acrossSoon, weight: 6 },
    async inject(cluster, ms) {
      await pause(ms);
      await cluster.askRedis((redis) => redis.flushall());
    },
  },
  {
    ...{ name: 'Redis subscribers cut each 150 ms', part, ms: [150, 1_500], goal: ['across', 5_000], weight: 6 },
    inject: (cluster, ms) =>
      over(ms, 150, () => cluster.askRedis((redis) => redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))),
  },
  { name: 'Redis failed over to its replica', part, ms: [0, 2_000], goal: acrossSoon, weight: 3, inject: failOver },
  {
    name: 'Redis split in two, one node by itself',
    part,
    ms: [1_000, 5_000],
    goal: acrossSoon,
    weight: 3,
    inject: split,
  },
];
