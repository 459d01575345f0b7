import type { DialectName } from '../load/spec.ts';
import type { Postgres } from './postgres.ts';
import type { Program } from './process.ts';
import { RedisServer } from './redis.ts';
import type { World } from './world.ts';

export interface Running {
  /** Of each server process. */
  readonly ports: readonly number[];
  readonly pids: readonly number[];
  /** What joins them, where there are several. */
  readonly redisPid?: number;
  /** One per user of the world, good at every door for as long as the run lasts. */
  readonly tokens: readonly string[];
  /** Messages that stand in the database, undefined where there is none. */
  messages(): Promise<number | undefined>;
  /** Collects the servers' garbage now; only if they were started with `collectable`. */
  collect(): void;
  stop(): Promise<void>;
}

/** One server under test, or several equal ones that serve the same people. */
export interface Contender {
  readonly name: string;
  readonly dialect: DialectName;
  /** Server processes; more than one need a Redis. */
  readonly servers: number;
  /** On a fresh database and a fresh Redis, with the world in it. */
  start(world: World, postgres: Postgres, options: { readonly collectable: boolean }): Promise<Running>;
}

/** Flags that let a signal force V8's full collection in a server that knows nothing of it. */
export const collectableFlags = (collectable: boolean): string[] =>
  collectable ? ['--expose-gc', '--import', 'data:text/javascript,process.on("SIGUSR2",()=>globalThis.gc())'] : [];

export const times = <T>(count: number, start: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, start));

/** What a contender's servers stand on. */
export interface Ground {
  readonly postgres: Postgres;
  readonly database: string;
  readonly redis: RedisServer | undefined;
}

/** What is the same for all servers that keep their messages in a database of ours. */
export const onGround = (
  servers: readonly Program[],
  { postgres, database, redis }: Ground,
): Pick<Running, 'pids' | 'redisPid' | 'messages' | 'collect' | 'stop'> => ({
  pids: servers.map(({ pid }) => pid),
  ...(redis && { redisPid: redis.pid }),
  async messages() {
    const [counted] = await postgres.query<{ count: string }>(database, 'SELECT count(*) FROM messages');
    return counted && Number(counted.count);
  },
  collect: () => {
    for (const { child } of servers) child.kill('SIGUSR2');
  },
  async stop() {
    await Promise.all(servers.map((server) => server.stop()));
    await redis?.stop();
    await postgres.drop(database);
  },
});

export const groundFor = async (servers: number, postgres: Postgres): Promise<Ground> => ({
  postgres,
  database: await postgres.fresh(),
  redis: servers > 1 ? await RedisServer.start() : undefined,
});
