import { readFile, writeFile } from 'node:fs/promises';
import type { FaultKind, Recovering } from './chaos-fault.ts';
import { faultKinds } from './chaos-faults.ts';
import { PAIR } from './chaos-schedule.ts';
import { type Judgement, quantile, type Recovery } from './checker.ts';
import type { HistoryRecord } from './history.ts';

export interface ChaosReport {
  readonly judgement: Judgement;
  readonly seed: number;
  readonly faults: number;
  readonly minutes: number;
  readonly edits: number;
  /** Of nodes, that nobody brought about. */
  readonly deaths: number;
  /** Milliseconds from send to ack: while somebody held an idle snapshot, and before and after. */
  readonly acks: { readonly snapshot: readonly number[]; readonly otherwise: readonly number[] };
}

const MARKS = ['<!-- report -->', '<!-- end of the report -->'] as const;

const three = (values: readonly (number | undefined)[]): string => {
  const known = values.map((value) => value ?? Infinity);
  return [0.5, 0.99, 1]
    .map((share) => quantile(known, share))
    .map((ms) => (ms === Infinity ? 'not within 120 s' : (ms / 1_000).toFixed(2)))
    .join(' / ');
};

const COLUMNS = {
  ack: ['first ack', ({ ackMs }) => ackMs],
  across: ['each node to each node', ({ acrossMs }) => acrossMs],
  clients: ['every SDK client has it', ({ convergedMs }) => convergedMs],
} as const satisfies Record<Recovering, readonly [string, (recovery: Recovery) => number | undefined]>;
const columns = Object.values(COLUMNS);

const row = (name: string, of: readonly Recovery[], goal?: FaultKind['goal']): string => {
  const figures = columns.map(([, value]) => three(of.map(value)));
  const told = goal ? [`${COLUMNS[goal[0]][0]} ≤ ${goal[1] / 1_000}`, missedBy(of, goal).length] : ['', ''];
  return `| ${[name, of.length, ...figures, ...told].join(' | ')} |`;
};

const missedBy = (of: readonly Recovery[], [column, ms]: FaultKind['goal']): readonly Recovery[] =>
  of.filter((recovery) => (COLUMNS[column][1](recovery) ?? Infinity) > ms);

const named = ({ recoveries }: Judgement, name: string) => recoveries.filter(({ kind }) => kind === name);

/** Recovery by kind of fault, in seconds: p50 / p99 / max. */
export const recoveryTable = (judgement: Judgement): string =>
  [
    `| fault | times | ${columns.map(([title]) => title).join(' | ')} | goal | missed |`,
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...faultKinds.map(({ name, goal }) => row(name, named(judgement, name), goal)),
    row(PAIR, named(judgement, PAIR)),
    row('all', judgement.recoveries),
  ].join('\n');

/** One line on the goals. */
const missedIn = (judgement: Judgement): string => {
  const missed = faultKinds.flatMap(({ name, goal }) => {
    const { length } = missedBy(named(judgement, name), goal);
    return length > 0 ? [`${name} (${length})`] : [];
  });
  return missed.length > 0 ? `Missed their goal: ${missed.join(', ')}.` : 'Every single fault was within its goal.';
};

const inMs = (values: readonly number[]): string =>
  [0.5, 0.99].map((share) => Math.round(quantile(values, share))).join(' / ');

/** Of every attempt that was acked, split by whether it began within that time. */
export const ackTimes = (
  records: readonly HistoryRecord[],
  [from, to]: readonly [number, number],
): ChaosReport['acks'] => {
  const began = new Map<number, number>();
  const acks = { snapshot: [] as number[], otherwise: [] as number[] };
  for (const record of records) {
    if (record.type === 'send.invoke') began.set(record.op, record.at);
    if (record.type !== 'send.ack') continue;
    const at = began.get(record.op) ?? record.at;
    acks[from <= at && at < to ? 'snapshot' : 'otherwise'].push(record.at - at);
  }
  return acks;
};

/** Puts the report into the document, in the place of the one before. */
export const keep = async (file: string, report: ChaosReport): Promise<void> => {
  const { judgement, seed, faults, minutes, edits, deaths, acks } = report;
  const text = await readFile(file, 'utf8');
  const [before, , after] = [text.split(MARKS[0])[0], undefined, text.split(MARKS[1])[1]];
  if (before === undefined || after === undefined) throw new Error(`${file} has no place for a report`);
  const told = [
    `Seed ${seed}, ${minutes.toFixed(1)} minutes; again with \`SEED=${seed} FAULTS=${faults} make faults ARGS=tests/faults/cluster.test.ts\`.`,
    `    ${judgement.report}`,
    `Beside the sends ${edits} edits and deletions were acked; ${judgement.violations.length} violations of any kind; ${deaths} processes ended that nobody had killed.`,
    recoveryTable(judgement),
    missedIn(judgement),
    `Sends were acked after ${inMs(acks.otherwise)} ms (p50 / p99, faults and tries included); over the third of the faults during which somebody held an idle snapshot, after ${inMs(acks.snapshot)} ms.`,
  ].join('\n\n');
  await writeFile(file, `${before}${MARKS[0]}\n\n${told}\n\n${MARKS[1]}${after}`);
};
