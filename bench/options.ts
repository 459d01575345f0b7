import { parseArgs } from 'node:util';
import type { DialectName } from './load/spec.ts';
import type { Pinning } from './servers/machine.ts';

export interface Options {
  readonly cases: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly connections: number;
  readonly pinning: Pinning;
  /** Measures only these; for looking at one side. No ratio then. */
  readonly only: string | undefined;
}

const DIALECTS: readonly string[] = ['tertulia', 'socketio', 'bare'] satisfies readonly DialectName[];

const HELP = `make bench, or npx tsx bench/run.ts [options]

  --case <name>        private, groups, latency, fanout, memory, two-nodes-private, two-nodes-groups, or two-nodes for
                       both of these; may be repeated; all by default
  --rounds <n>         interleaved rounds (3)
  --seconds <n>        measured time of each run (10)
  --warmup <n>         seconds before that (3)
  --connections <n>    of the memory case (10000)
  --quick              1 round, 2 s after 1 s, 2000 connections: under two minutes, for a first look only
  --only <dialect>     tertulia, socketio or bare: that side alone
  --server-cpus <list> cores of all servers (0)
  --load-cpus <list>   cores of the load generator (1)
  --help

The table goes to stdout, progress to stderr, everything to bench/results/latest.json. Exit 1 when a goal is missed
or a run was not sound.
`;

export class WrongUsage extends Error {
  override toString(): string {
    return this.message;
  }
}

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        case: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        warmup: { type: 'string' },
        connections: { type: 'string' },
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        'server-cpus': { type: 'string', default: '0' },
        'load-cpus': { type: 'string', default: '1' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
};

/** @returns undefined when help was asked for, and given. */
export function readOptions(args: readonly string[], caseNames: readonly string[]): Options | undefined {
  const values = parsed(args);
  if (values.help) {
    process.stdout.write(HELP);
    return undefined;
  }
  const number = (key: 'rounds' | 'seconds' | 'warmup' | 'connections', quick: number, full: number): number => {
    const value = Number(values[key] ?? (values.quick ? quick : full));
    if (!(value > 0)) throw new WrongUsage(`--${key} must be a number above 0`);
    return value;
  };
  const cases = values.case?.flatMap((wanted) => {
    const named = caseNames.filter((name) => name === wanted || name.startsWith(`${wanted}-`));
    if (named.length === 0) throw new WrongUsage(`--case ${wanted}: there are ${caseNames.join(', ')}`);
    return named;
  });
  if (values.only !== undefined && !DIALECTS.includes(values.only)) {
    throw new WrongUsage(`--only ${values.only}: there are ${DIALECTS.join(', ')}`);
  }
  return {
    cases: cases ?? caseNames,
    rounds: Math.ceil(number('rounds', 1, 3)),
    seconds: number('seconds', 2, 10),
    warmupSeconds: number('warmup', 1, 3),
    connections: Math.ceil(number('connections', 2_000, 10_000) / 10) * 10,
    pinning: { servers: values['server-cpus'], load: values['load-cpus'] },
    only: values.only,
  };
}
