import { readFile, writeFile } from 'node:fs/promises';
import { faultKinds } from './chaos-faults.ts';
import { PAIR } from './chaos-schedule.ts';
import { type Judgement, quantile, type Recovery } from './checker.ts';

export interface ChaosReport {
  readonly judgement: Judgement;
  readonly seed: number;
  readonly faults: number;
  readonly minutes: number;
  readonly edits: number;
  /** Of nodes, that nobody brought about. */
  readonly deaths: number;
}

const MARKS = ['<!-- report -->', '<!-- end of the report -->'] as const;

const three = (values: readonly (number | undefined)[]): string => {
  const known = values.map((value) => value ?? Infinity);
  return [0.5, 0.99, 1]
    .map((share) => quantile(known, share))
    .map((ms) => (ms === Infinity ? 'not within 60 s' : (ms / 1_000).toFixed(2)))
    .join(' / ');
};

const row = (name: string, goalMs: number | undefined, of: readonly Recovery[]): string => {
  const columns = [
    of.map(({ ackMs }) => ackMs),
    of.map(({ acrossMs }) => acrossMs),
    of.map(({ convergedMs }) => convergedMs),
  ];
  const goal = goalMs === undefined ? '' : `≤ ${goalMs / 1_000}`;
  const missed = of.filter(({ convergedMs = Infinity }) => convergedMs > (goalMs ?? Infinity)).length;
  return `| ${[name, of.length, ...columns.map(three), goal, goal && missed].join(' | ')} |`;
};

/** Recovery by kind of fault, in seconds: p50 / p99 / max. */
export const recoveryTable = ({ recoveries }: Judgement): string => {
  const named = (name: string) => recoveries.filter(({ kind }) => kind === name);
  return [
    '| fault | times | first ack | each node to each node | every SDK client has it | goal for that | missed |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...faultKinds.map(({ name, goalMs }) => row(name, goalMs, named(name))),
    row(PAIR, undefined, named(PAIR)),
    row('all', undefined, recoveries),
  ].join('\n');
};

/** Puts the report into the document, in the place of the one before. */
export const keep = async (file: string, report: ChaosReport): Promise<void> => {
  const { judgement, seed, faults, minutes, edits, deaths } = report;
  const text = await readFile(file, 'utf8');
  const [before, , after] = [text.split(MARKS[0])[0], undefined, text.split(MARKS[1])[1]];
  if (before === undefined || after === undefined) throw new Error(`${file} has no place for a report`);
  const told = [
    `Seed ${seed}, ${minutes.toFixed(1)} minutes; again with \`SEED=${seed} FAULTS=${faults} make faults ARGS=tests/faults/cluster.test.ts\`.`,
    `    ${judgement.report}`,
    `Beside the sends ${edits} edits and deletions were acked; ${judgement.violations.length} violations of any kind; ${deaths} processes ended that nobody had killed.`,
    recoveryTable(judgement),
  ].join('\n\n');
  await writeFile(file, `${before}${MARKS[0]}\n\n${told}\n\n${MARKS[1]}${after}`);
};
