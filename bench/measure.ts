import { setTimeout as sleep } from 'node:timers/promises';
import type { Case, Figure } from './cases.ts';
import { Generator } from './load/generator.ts';
import type { TrafficResult, TrafficSpec } from './load/spec.ts';
import type { Options } from './options.ts';
import type { Contender, Running } from './servers/contender.ts';
import { cpuSeconds, memory } from './servers/machine.ts';
import type { Postgres } from './servers/postgres.ts';
import type { World } from './servers/world.ts';

export interface Sample {
  readonly figures: Readonly<Partial<Record<Figure, number>>>;
  readonly connectionsPerSecond: number;
  readonly traffic?: TrafficResult;
  /** Share of one core that the server processes took together, without PostgreSQL. */
  readonly serverCpu?: number;
  readonly redisCpu?: number;
}

export interface Bench {
  readonly postgres: Postgres;
  readonly options: Options;
  /** Cores of the generator; undefined when nothing is pinned. */
  readonly loadCpus: string | undefined;
}

/** So few connections come and go first that code is loaded before the scales are read, and no memory worth naming stays behind. */
const WARM_CONNECTIONS = 50;
const SETTLE_MS = 250;
const SETTLED_SHARE = 0.002;
const SETTLE_ROUNDS = 60;
const addresses = process.platform === 'linux' ? 20 : 1;

/** One server with its people, up and ready. */
interface Scene extends Bench {
  readonly people: World;
  readonly contender: Contender;
  readonly running: Running;
}

/** One run: a fresh server on a fresh database, the case's connections, its traffic or its scales. */
export async function measure(bench: Bench, which: Case, contender: Contender): Promise<Sample> {
  const people = which.world(bench.options);
  const traffic = which.traffic?.(bench.options);
  const running = await contender.start(people, bench.postgres, { collectable: traffic === undefined });
  try {
    const scene = { ...bench, people, contender, running };
    return traffic ? await loaded(scene, traffic) : await weighed(scene);
  } finally {
    await running.stop();
  }
}

const spec = ({ contender, running, people }: Scene, count = people.users.length) => ({
  dialect: contender.dialect,
  ports: running.ports,
  addresses,
  tokens: running.tokens.slice(0, count),
  conversations: people.conversations.map(({ id }) => id),
});

async function loaded(scene: Scene, traffic: TrafficSpec): Promise<Sample> {
  const { running, contender } = scene;
  await using generator = await Generator.start(scene.loadCpus);
  const connectionsPerSecond = await generator.open({ ...spec(scene), traffic });
  const cpu = { servers: 0, redis: 0 };
  const read = (sign: 1 | -1): void => {
    for (const pid of running.pids) cpu.servers += sign * cpuSeconds(pid);
    if (running.redisPid !== undefined) cpu.redis += sign * cpuSeconds(running.redisPid);
  };
  const result = await generator.run(
    traffic.warmupSeconds + traffic.seconds,
    () => read(-1),
    () => read(1),
  );
  judge(result, contender, await running.messages());
  const { sendsPerSecond, deliveriesPerSecond, crossedPerSecond, latencyMs } = result;
  return {
    figures: { sendsPerSecond, deliveriesPerSecond, crossedPerSecond, p50Ms: latencyMs.p50 },
    connectionsPerSecond,
    traffic: result,
    serverCpu: cpu.servers / result.seconds,
    ...(running.redisPid !== undefined && { redisCpu: cpu.redis / result.seconds }),
  };
}

/** A figure counts only if every ack stands in the database and every message reached every other member once and, from Tertulia, in order. */
function judge(
  { faults, acked, skipped }: TrafficResult,
  { name, dialect }: Contender,
  rows: number | undefined,
): void {
  const { missing, duplicated, disordered, holes } = faults;
  const ordered = dialect === 'tertulia' ? disordered + holes === 0 : true;
  const stored = rows === undefined || rows === acked;
  if (missing + duplicated + skipped === 0 && ordered && stored) return;
  throw new Error(`${name}: the run is not sound: ${JSON.stringify({ ...faults, skipped, acked, rows })}`);
}

async function weighed(scene: Scene): Promise<Sample> {
  await warmed(scene);
  const before = await settled(scene.running);
  await using generator = await Generator.start(scene.loadCpus);
  const connectionsPerSecond = await generator.open(spec(scene));
  const after = await settled(scene.running);
  const kibPerConnection = (after - before) / 1024 / scene.people.users.length;
  return { figures: { kibPerConnection }, connectionsPerSecond };
}

async function warmed(scene: Scene): Promise<void> {
  await using generator = await Generator.start(scene.loadCpus);
  await generator.open(spec(scene, WARM_CONNECTIONS));
}

/** Bytes, once collections no longer change them. */
async function settled(running: Running): Promise<number> {
  let last = Number.POSITIVE_INFINITY;
  let calm = 0;
  for (let round = 0; round < SETTLE_ROUNDS && calm < 4; round++) {
    running.collect();
    await sleep(SETTLE_MS);
    const now = running.pids.reduce((sum, pid) => sum + memory(pid), 0);
    calm = Math.abs(now - last) < SETTLED_SHARE * now ? calm + 1 : 0;
    last = now;
  }
  return last;
}
