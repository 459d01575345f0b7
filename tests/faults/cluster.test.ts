import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cluster } from '../support/chaos-cluster.ts';
import { faultKinds } from '../support/chaos-faults.ts';
import { ackTimes, keep, recoveryTable } from '../support/chaos-report.ts';
import type { Recovered } from '../support/chaos-probe.ts';
import { nameOf, type Planned, schedule } from '../support/chaos-schedule.ts';
import { Background, IdleSnapshot } from '../support/chaos-snapshot.ts';
import { Town } from '../support/chaos-town.ts';
import { judge } from '../support/checker.ts';
import { dump } from '../support/dump.ts';
import { History, type HistoryRecord } from '../support/history.ts';

/** Asked for by name: then it is told as it goes, and kept. */
const LONG = process.env['FAULTS'] !== undefined;
const FAULTS = Number(process.env['FAULTS'] ?? 24);
const SEED = Number(process.env['SEED'] ?? (LONG ? Date.now() % 2 ** 31 : 1));
/** Acked between two faults. */
const PROGRESS = Number(process.env['PROGRESS'] ?? 100);
/** A client of the SDK goes on until it is answered, however long a fault and its backoff take. */
const OPERATION_MS = 120_000;
/** Of a machine that does much else. */
const PROGRESS_WITHIN_MS = 120_000;
/** A long run ends after so many minutes, with the faults that it came to. */
const MINUTES = Number(process.env['MINUTES'] ?? Infinity);
/** A part of the names of the only kinds that are wanted. */
const ONLY = process.env['ONLY'];
const REPORT = join(import.meta.dirname, '../../docs/faults.md');

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start();
}, 120_000);
afterAll(() => cluster?.stop());

it(`three nodes behind HAProxy lose, double, turn and leak nothing over ${FAULTS} faults`, {
  timeout: 120_000 + FAULTS * 30_000,
}, async () => {
  const began = performance.now();
  const history = new History();
  const town = await Town.found(cluster, history);
  const plan = schedule(SEED, FAULTS, { brief: !LONG, ...(ONLY !== undefined && { only: kindsOf(ONLY) }) });
  const failures: string[] = [];
  const snapshot = new Background(() => new IdleSnapshot(cluster.postgres.url));
  let faults = 0;
  for (const [n, planned] of plan.entries()) {
    if (performance.now() - began > MINUTES * 60_000) break;
    await snapshot.set(n >= FAULTS / 3 && n < (2 * FAULTS) / 3);
    faults++;
    try {
      await Promise.all([progress(town, PROGRESS), town.calm()]);
      await breaks(planned);
    } catch (error) {
      failures.push(`${n + 1}, ${wordsOf(planned)}: ${String(error)}`);
    }
    const endedAt = performance.now();
    const { missing, ...recovery } = await town.probe.recovery(town.devices);
    history.add({ type: 'fault', kind: nameOf(planned), endedAt, ...recovery });
    if (missing || LONG)
      tell(`${n + 1} of ${FAULTS}, ${town.acked} acked: ${wordsOf(planned)}; ${wordsOn(missing, recovery)}`);
  }
  await snapshot.set(false);
  await progress(town, PROGRESS);
  await town.end();

  const stored = await dump(cluster.postgres.url, town.conversations, town.texts);
  const judgement = judge(history.records, stored, { operationMs: OPERATION_MS });
  const { report, violations, recoveries } = judgement;
  tell(`three nodes, seed ${SEED}: ${report}\n${recoveryTable(judgement)}`);
  for (const { what } of violations.slice(0, 3)) tell(`${what}\n${storyOf(history.records, what)}`);
  const minutes = (performance.now() - began) / 60_000;
  const [edits, deaths, acks] = [town.edits, cluster.deaths.length, ackTimes(history.records, snapshot.held)];
  if (LONG && ONLY === undefined) await keep(REPORT, { judgement, seed: SEED, faults, minutes, edits, deaths, acks });
  expect(failures).toEqual([]);
  expect(violations.slice(0, 10)).toEqual([]);
  expect(cluster.deaths).toEqual([]);
  expect(recoveries).toHaveLength(faults);
  expect(recoveries.filter(({ convergedMs }) => convergedMs === undefined)).toEqual([]);
  if (ONLY === undefined) expect(new Set(plan.map(nameOf)).size).toBeGreaterThanOrEqual(Math.min(8, faults));
  expect(edits).toBeGreaterThan(faults);
});

const kindsOf = (part: string) => faultKinds.filter(({ name }) => name.includes(part));

/** Resolves when both of a pair are whole again, whatever became of one. */
const breaks = async (planned: Planned): Promise<void> => {
  const outcomes = await Promise.allSettled(planned.map(({ kind, ms, node }) => kind.inject(cluster, ms, node)));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
};

/** All attempts at the messages that are named, for who looks for what was wrong. */
const storyOf = (records: readonly HistoryRecord[], what: string): string => {
  const ops = new Set<number>();
  const lines = records.filter((record) => {
    if (record.type === 'send.invoke' && what.includes(record.id)) ops.add(record.op);
    return 'op' in record && ops.has(record.op);
  });
  return lines.map((record) => JSON.stringify(record)).join('\n');
};

const wordsOf = (planned: Planned) =>
  planned.map(({ kind: { name }, ms, node }) => `${name} (${ms} ms, ${node})`).join(' with ');

const wordsOn = (missing: readonly string[] | undefined, { acrossMs = 0, convergedMs = 0 }: Recovered) =>
  missing ? `not back: ${missing.join('; ')}` : `back after ${Math.round(acrossMs)}, ${Math.round(convergedMs)} ms`;

const tell = (words: string) => void process.stderr.write(`${words}\n`);

/** Until so many more are acked. */
const progress = async (town: Town, more: number): Promise<void> => {
  const [wanted, late] = [town.acked + more, performance.now() + PROGRESS_WITHIN_MS];
  while (town.acked < wanted) {
    if (performance.now() > late) throw new Error(`${wanted - town.acked} of ${more} sends were not acked in time`);
    await pause(10);
  }
};
