import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Judgement } from '../support/checker.ts';
import { BreakingCluster } from '../support/kill-point-cluster.ts';
import { breakages, type KillPoint, killPoints } from '../support/kill-point-orders.ts';
import { keepKillPoints, killPointLine, killPointTable, type PointReport } from '../support/kill-point-report.ts';
import { Scene } from '../support/kill-point-scene.ts';
import { times } from '../support/scale.ts';

const FAULTS = process.env['FAULTS'];
const CELLS = killPoints.length * breakages.length;
/** Of each breakage at each point. */
const ROUNDS = FAULTS === undefined ? times(1, 50) : Math.ceil(Number(FAULTS) / CELLS);
const LONG = FAULTS !== undefined || ROUNDS > 1;
const FROZEN_MS = LONG ? 10_000 : 2_000;
/** How often a point is passed before it breaks: not always in the first message after the rest. */
const PASSES = 3;
const REPORT = join(import.meta.dirname, '../../docs/faults.md');

const reports: PointReport[] = [];
let cluster: BreakingCluster;

beforeAll(async () => {
  cluster = await BreakingCluster.start();
}, 120_000);

afterAll(async () => {
  process.stderr.write(`${killPointLine(reports)}\n${killPointTable(reports)}\n`);
  const how = `\`FAULTS=${FAULTS} make faults ARGS=tests/faults/kill-points.test.ts\`, frozen for ${FROZEN_MS / 1_000} s each time:`;
  await cluster?.stop();
  if (FAULTS !== undefined && reports.length === killPoints.length) await keepKillPoints(REPORT, reports, how);
});

/** Beats and drains come one by one, and seldom. */
const passes = (point: KillPoint, round: number) =>
  point === 'lease.before_renew' || point === 'drain.half' ? 0 : round % PASSES;

/** Each breakage once, under a load of its own. */
const breakInEachWay = async (point: KillPoint, round: number): Promise<Judgement> => {
  await cluster.mend();
  const scene = await Scene.begin({
    nodes: cluster.nodes,
    databaseUrl: cluster.postgres.url,
    supervise: () => cluster.supervise(),
  });
  for (const [at, breakage] of breakages.entries()) {
    await scene.progress(20);
    await cluster.break({ point, breakage, after: passes(point, round + at) }, FROZEN_MS);
    await scene.recover(`${point} ${breakage}`);
  }
  return scene.end();
};

it.each(killPoints)(
  'a node that breaks at %s loses, doubles, turns and leaks nothing',
  {
    timeout: 60_000 + ROUNDS * 3 * 60_000,
  },
  async (point) => {
    const judgements: Judgement[] = [];
    for (let round = 0; round < ROUNDS; round++) judgements.push(await breakInEachWay(point, round));
    reports.push({ point, runs: { kill: ROUNDS, freeze: ROUNDS, throw: ROUNDS }, judgements });
    expect(judgements.flatMap(({ violations }) => violations).slice(0, 10)).toEqual([]);
    const recoveries = judgements.flatMap((judgement) => judgement.recoveries);
    const broken = recoveries.filter(({ kind, acrossMs }) => kind.startsWith(point) && acrossMs !== undefined);
    expect(broken).toHaveLength(ROUNDS * breakages.length);
  },
);
