import { readFile, writeFile } from 'node:fs/promises';
import { type Judgement, quantile } from './checker.ts';
import { breakages, type Breakage, type KillPoint } from './kill-point-orders.ts';

export interface PointReport {
  readonly point: KillPoint;
  readonly runs: Readonly<Record<Breakage, number>>;
  readonly judgement: Judgement;
}

const MARKS = ['<!-- kill points -->', '<!-- end of the kill points -->'] as const;

const seconds = (ms: number): string => (Number.isFinite(ms) ? (ms / 1_000).toFixed(2) : '–');

const recovery = ({ recoveries }: Judgement, breakage: Breakage): string => {
  const values = recoveries
    .filter(({ kind }) => kind.endsWith(` ${breakage}`))
    .map(({ acrossMs = Infinity }) => acrossMs);
  return [0.5, 1].map((share) => seconds(quantile(values, share))).join(' / ');
};

/** For each point how often it was reached for each breakage, and p50 / max in seconds until each node heard each again. */
export const killPointTable = (reports: readonly PointReport[]): string =>
  [
    `| point | ${breakages.map((one) => `${one} | heard again`).join(' | ')} | sends acked | ambiguous | violations |`,
    `| --- | ${breakages.map(() => '--- | ---').join(' | ')} | --- | --- | --- |`,
    ...reports.map(({ point, runs, judgement }) => {
      const cells = breakages.map((one) => `${runs[one]} | ${recovery(judgement, one)}`);
      const { acked, ambiguous, violations } = judgement;
      return `| \`${point}\` | ${cells.join(' | ')} | ${acked} | ${ambiguous} | ${violations.length} |`;
    }),
  ].join('\n');

/** One line for all. */
export const killPointLine = (reports: readonly PointReport[]): string => {
  const sum = (of: (report: PointReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const runs = sum((report) => breakages.reduce((total, one) => total + report.runs[one], 0));
  const harmed = (harm: string) =>
    sum(({ judgement }) => judgement.violations.filter((violation) => violation.harm === harm).length);
  const harms = ['lost', 'duplicated', 'out of order', 'leaked', 'wrong'].map((harm) => `${harmed(harm)} ${harm}`);
  const acked = sum(({ judgement }) => judgement.acked);
  const [ambiguous, committed] = [sum((one) => one.judgement.ambiguous), sum((one) => one.judgement.committed)];
  return `${runs} runs at ${reports.length} kill points: ${acked} acked, ${harms.join(', ')}; ${ambiguous} ambiguous (${committed} had committed)`;
};

/** Puts them into the document, in the place of those before. */
export const keepKillPoints = async (file: string, reports: readonly PointReport[], how: string): Promise<void> => {
  const text = await readFile(file, 'utf8');
  const [before, , after] = [text.split(MARKS[0])[0], undefined, text.split(MARKS[1])[1]];
  if (before === undefined || after === undefined) throw new Error(`${file} has no place for kill points`);
  const told = [how, `    ${killPointLine(reports)}`, killPointTable(reports)].join('\n\n');
  await writeFile(file, `${before}${MARKS[0]}\n\n${told}\n\n${MARKS[1]}${after}`);
};
