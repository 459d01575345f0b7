import { mkdir, writeFile } from 'node:fs/promises';
import type { Case, Question } from './cases.ts';
import type { Contender } from './servers/contender.ts';
import type { Sample } from './measure.ts';

/** What each contender gave, those left out by --only missing. */
export type Round = ReadonlyMap<Contender, Sample>;

/** One round, for one question. */
export interface Pair {
  readonly subject?: Sample;
  readonly baseline?: Sample;
}

export interface Verdict {
  readonly name: string;
  readonly title: string;
  readonly subject: { readonly name: string; readonly median: number };
  readonly baseline: { readonly name: string; readonly median: number };
  /** Within each round. */
  readonly ratios: readonly number[];
  readonly ratio: number;
  readonly goal: string | undefined;
  readonly passed: boolean | undefined;
  readonly rounds: readonly Pair[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export function verdict(
  { name, subject }: Case,
  { title, figure, baseline, goal }: Question,
  played: readonly Round[],
): Verdict {
  const rounds = played.map((round): Pair => {
    const [ours, theirs] = [round.get(subject), round.get(baseline)];
    return { ...(ours && { subject: ours }), ...(theirs && { baseline: theirs }) };
  });
  const of = (side: keyof Pair): number[] => rounds.map((round) => round[side]?.figures[figure] ?? Number.NaN);
  const [ours, theirs] = [of('subject'), of('baseline')];
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  const judged = goal?.of !== 'value' ? median(ratios) : median(ours);
  return {
    name,
    title,
    subject: { name: subject.name, median: median(ours) },
    baseline: { name: baseline.name, median: median(theirs) },
    ratios,
    ratio: median(ratios),
    goal: goal?.text,
    passed: Number.isNaN(judged) ? undefined : goal?.passes(judged),
    rounds,
  };
}

const shown = (value: number): string => {
  if (Number.isNaN(value)) return '–';
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
};
const outcome = (passed: boolean | undefined): string => (passed === undefined ? '–' : passed ? 'pass' : '**missed**');
const generatorCpu = (rounds: readonly Pair[], side: keyof Pair): number =>
  median(rounds.flatMap((round) => round[side]?.traffic?.generatorCpu ?? []));
const p99 = (rounds: readonly Pair[], side: keyof Pair): string =>
  shown(median(rounds.flatMap((round) => round[side]?.traffic?.latencyMs.p99 ?? [])));
const percent = (share: number): string => (Number.isNaN(share) ? '–' : `${Math.round(share * 100)} %`);

/** Markdown, so that it can stand in the README as it is. */
export function table(verdicts: readonly Verdict[]): string {
  const head = [
    '| case | subject | baseline | ratio (rounds) | goal | | p99 ms, subject / baseline | generator busy |',
    '| --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const rows = verdicts.map(({ title, subject, baseline, ratio, ratios, goal, passed, rounds }) => [
    title,
    `${subject.name} ${shown(subject.median)}`,
    `${baseline.name} ${shown(baseline.median)}`,
    `${shown(ratio)} (${ratios.map(shown).join(', ')})`,
    goal ?? '–',
    outcome(passed),
    `${p99(rounds, 'subject')} / ${p99(rounds, 'baseline')}`,
    `${percent(generatorCpu(rounds, 'subject'))} / ${percent(generatorCpu(rounds, 'baseline'))}`,
  ]);
  return [...head, ...rows.map((cells) => `| ${cells.join(' | ')} |`)].join('\n');
}

export async function save(result: object): Promise<void> {
  const directory = new URL('./results/', import.meta.url);
  await mkdir(directory, { recursive: true });
  await writeFile(new URL('latest.json', directory), `${JSON.stringify(result, null, 2)}\n`);
}
