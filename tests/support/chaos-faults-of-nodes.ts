import { setTimeout as pause } from 'node:timers/promises';
import { type FaultKind, during } from './chaos-fault.ts';
import type { Direction } from './network-lab.ts';

const kill: FaultKind['inject'] = async (cluster, ms, node) => {
  await cluster.node(node).kill();
  await pause(ms);
  await cluster.startNode(node);
};

/** A partition: what is under way is held back, and nobody is told. */
const cutOff =
  (from: { readonly postgres?: readonly Direction[]; readonly redis?: readonly Direction[] }): FaultKind['inject'] =>
  async (cluster, ms, node) => {
    const { postgres, redis } = cluster.waysOf(node);
    postgres.hold(...(from.postgres ?? []));
    redis.hold(...(from.redis ?? []));
    await during(ms, () => {
      postgres.heal();
      redis.heal();
    });
  };

const BOTH = ['up', 'down'] as const;

const partitions: readonly FaultKind[] = [
  {
    ...{ name: 'node cut off from Redis', part: 'node', ms: [2_000, 8_000], goal: ['across', 3_000], weight: 4 },
    inject: cutOff({ redis: BOTH }),
  },
  {
    ...{ name: 'node hears Redis, which does not hear it', part: 'node', ms: [2_000, 6_000], goal: ['across', 3_000] },
    inject: cutOff({ redis: ['up'] }),
  },
  {
    ...{ name: 'node heard by Redis, which it does not hear', part: 'node', ms: [2_000, 6_000] },
    ...{ goal: ['across', 3_000], weight: 2 },
    inject: cutOff({ redis: ['down'] }),
  },
  {
    ...{ name: 'node cut off from PostgreSQL', part: 'node', ms: [1_500, 5_000], goal: ['clients', 5_000], weight: 4 },
    inject: cutOff({ postgres: BOTH }),
  },
  {
    // DATABASE_AWAY_SECONDS, DRAIN_NOTICE_SECONDS, and two looks at the database
    ...{ name: 'node cut off from PostgreSQL until its clients have left it', part: 'node', ms: [12_500, 15_000] },
    goal: ['clients', 5_000],
    inject: cutOff({ postgres: BOTH }),
  },
  {
    ...{ name: 'node whose commits are answered too late', part: 'node', ms: [1_500, 5_000] },
    ...{ goal: ['clients', 5_000], weight: 3 },
    inject: cutOff({ postgres: ['down'] }),
  },
  {
    ...{ name: 'node cut off from PostgreSQL and Redis', part: 'node', ms: [1_500, 6_000] },
    ...{ goal: ['clients', 5_000], weight: 3 },
    inject: cutOff({ postgres: BOTH, redis: BOTH }),
  },
];

export const nodeFaults: readonly FaultKind[] = [
  { name: 'node kill -9, back within its lease', part: 'node', ms: [0, 2_000], goal: ['clients', 5_000], inject: kill },
  {
    ...{ name: 'node kill -9, back after its lease', part: 'node', ms: [10_500, 12_000], goal: ['clients', 5_000] },
    inject: kill,
  },
  {
    ...{ name: 'node frozen', part: 'node', ms: [5_000, 15_000], goal: ['clients', 5_000] },
    async inject(cluster, ms, node) {
      cluster.node(node).signal('SIGSTOP');
      await during(ms, () => cluster.node(node).signal('SIGCONT'));
    },
  },
  {
    ...{ name: 'node drained (SIGTERM) and started', part: 'node', ms: [0, 500], goal: ['clients', 5_000] },
    async inject(cluster, ms, node) {
      await cluster.node(node).stop();
      await pause(ms);
      await cluster.startNode(node);
    },
  },
  ...partitions,
];
