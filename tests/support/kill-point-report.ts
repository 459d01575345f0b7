import { readFile, writeFile } from 'node:fs/promises';
import { type Harm, type Judgement, quantile } from './checker.ts';
import { breakages, type Breakage, type KillPoint } from './kill-point-orders.ts';

export interface PointReport {
  readonly point: KillPoint;
  readonly runs: Readonly<Record<Breakage, number>>;
  /** One for each round. */
  readonly judgements: readonly Judgement[];
}

const HARMS = ['lost', 'duplicated', 'out of order', 'leaked', 'wrong'] as const satisfies readonly Harm[];
const MARKS = ['<!-- kill points -->', '<!-- end of the kill points -->'] as const;

const seconds = (ms: number): string => (Number.isFinite(ms) ? (ms / 1_000).toFixed(2) : '–');

const recovery = ({ judgements }: PointReport, breakage: Breakage): string => {
  const values = judgements
    .flatMap(({ recoveries }) => recoveries)
    .filter(({ kind }) => kind.endsWith(` ${breakage}`))
    .map(({ acrossMs = Infinity }) => acrossMs);
  return [0.5, 1].map((share) => seconds(quantile(values, share))).join(' / ');
};

const total = (reports: readonly PointReport[], of: (judgement: Judgement) => number): number =>
  reports.flatMap(({ judgements }) => judgements).reduce((sum, judgement) => sum + of(judgement), 0);

/** For each point how often it was reached for each breakage, and p50 / max in seconds until each node heard each again. */
export const killPointTable = (reports: readonly PointReport[]): string =>
  [
    `| point | ${breakages.map((one) => `${one} | heard again`).join(' | ')} | sends acked | ambiguous | violations |`,
    `| --- | ${breakages.map(() => '--- | ---').join(' | ')} | --- | --- | --- |`,
    ...reports.map((report) => {
      const cells = breakages.map((one) => `${report.runs[one]} | ${recovery(report, one)}`);
      const sums = [
        total([report], ({ acked }) => acked),
        total([report], ({ ambiguous }) => ambiguous),
        total([report], ({ violations }) => violations.length),
      ];
      return `| \`${report.point}\` | ${[...cells, ...sums].join(' | ')} |`;
    }),
  ].join('\n');

/** One line for all. */
export const killPointLine = (reports: readonly PointReport[]): string => {
  const runs = reports.reduce((sum, report) => sum + breakages.reduce((times, one) => times + report.runs[one], 0), 0);
  const harmed = (wanted: Harm) => total(reports, (one) => one.violations.filter(({ harm }) => harm === wanted).length);
  const harms = HARMS.map((harm) => `${harmed(harm)} ${harm}`).join(', ');
  const acked = total(reports, (one) => one.acked);
  const [ambiguous, committed] = [total(reports, (one) => one.ambiguous), total(reports, (one) => one.committed)];
  return `${runs} runs at ${reports.length} kill points: ${acked} acked, ${harms}; ${ambiguous} ambiguous (${committed} had committed)`;
};

/** Puts them into the document, in the place of those before. */
export const keepKillPoints = async (file: string, reports: readonly PointReport[], how: string): Promise<void> => {
  const text = await readFile(file, 'utf8');
  const [before, , after] = [text.split(MARKS[0])[0], undefined, text.split(MARKS[1])[1]];
  if (before === undefined || after === undefined) throw new Error(`${file} has no place for kill points`);
  const told = [how, `    ${killPointLine(reports)}`, killPointTable(reports)].join('\n\n');
  await writeFile(file, `${before}${MARKS[0]}\n\n${told}\n\n${MARKS[1]}${after}`);
};
