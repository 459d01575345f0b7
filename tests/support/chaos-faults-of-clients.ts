import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { flap, readNothing } from './chaos-crowd.ts';
import { type FaultKind, during, over } from './chaos-fault.ts';

const CUT_EACH_MS = 400;
const MOST_CUT_MS = 1_500;
/**
 * Each cut may hit a client that has just come back, and doubles the bound of its next wait: 0.5 s × 2^4 after five of
 * them, the one for the end included; and a second to connect and catch up. (Full jitter: half of that on average.)
 */
const AFTER_CUTS_MS = 500 * 2 ** Math.ceil(MOST_CUT_MS / CUT_EACH_MS) + 1_000;

/** A process that does nothing but compute, for each core. */
const starve = async (ms: number): Promise<void> => {
  const hogs = [1, 2].map(() => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  await during(ms, () =>
    Promise.all(
      hogs.map(async (hog) => {
        const exited = once(hog, 'exit');
        hog.kill('SIGKILL');
        await exited;
      }),
    ),
  );
};

export const clientFaults: readonly FaultKind[] = [
  {
    ...{ name: 'HAProxy kill -9', part: 'haproxy', ms: [0, 1_000], goal: ['clients', 10_000], weight: 2 },
    async inject({ haproxy }, ms) {
      await haproxy.kill();
      await pause(ms);
      await haproxy.start();
    },
  },
  {
    ...{ name: 'HAProxy reloaded', part: 'haproxy', ms: [0, 300], goal: ['clients', 10_000], weight: 3 },
    async inject({ haproxy }, ms) {
      await pause(ms);
      await haproxy.reload();
    },
  },
  {
    ...{ name: 'client connections cut each 400 ms', part: 'clients', ms: [200, MOST_CUT_MS] },
    ...{ goal: ['clients', AFTER_CUTS_MS], weight: 6 },
    async inject({ ways }, ms) {
      await over(ms, CUT_EACH_MS, async () => {
        for (const [at, way] of ways.entries()) {
          way.cutAfter(Math.floor(way.random() * 4_000), at === 0 ? 'up' : 'down');
          if (way.random() < 0.5) way.drop();
        }
      });
      for (const way of ways) way.heal(); // no cut is left for later
    },
  },
  {
    ...{ name: 'client connections half open', part: 'clients', ms: [500, 3_000], goal: ['clients', 15_000] },
    async inject(cluster, ms) {
      cluster.setWays({ silent: true });
      await during(ms, () => cluster.setWays({})); // those that lost something stay dumb: each client has to find out
    },
  },
  {
    ...{ name: 'one who reads nothing of what is written', part: 'clients', ms: [0, 0], goal: ['clients', 5_000] },
    alone: true,
    inject: (cluster, _ms, node) => readNothing(cluster, node),
  },
  {
    ...{ name: '30 clients that come and go each second', part: 'clients', ms: [2_000, 6_000] },
    ...{ goal: ['clients', 5_000], alone: true },
    inject: flap,
  },
  {
    ...{ name: 'both cores busy with something else', part: 'machine', ms: [2_000, 6_000], goal: ['clients', 5_000] },
    weight: 2,
    inject: (_cluster, ms) => starve(ms),
  },
];
