import type { DialectName } from '../load/spec.ts';
import type { Postgres } from './postgres.ts';
import type { NodeProcess } from './process.ts';
import type { World } from './world.ts';

export interface Running {
  readonly port: number;
  readonly pid: number;
  /** One per user of the world, good at the door for as long as the run lasts. */
  readonly tokens: readonly string[];
  /** Messages that stand in its database, undefined where it has none. */
  messages(): Promise<number | undefined>;
  /** Collects the server's garbage now; only if it was started with `collectable`. */
  collect(): void;
  stop(): Promise<void>;
}

/** A server under test. */
export interface Contender {
  readonly name: string;
  readonly dialect: DialectName;
  /** On a fresh database, with the world in it. */
  start(world: World, postgres: Postgres, options: { readonly collectable: boolean }): Promise<Running>;
}

/** Flags that let a signal force V8's full collection in a server that knows nothing of it. */
export const collectableFlags = (collectable: boolean): string[] =>
  collectable ? ['--expose-gc', '--import', 'data:text/javascript,process.on("SIGUSR2",()=>globalThis.gc())'] : [];

/** What is the same for every server that keeps its messages in a database of ours. */
export const onDatabase = (
  server: NodeProcess,
  postgres: Postgres,
  database: string,
): Pick<Running, 'pid' | 'messages' | 'collect' | 'stop'> => ({
  pid: server.pid,
  async messages() {
    const [counted] = await postgres.query<{ count: string }>(database, 'SELECT count(*) FROM messages');
    return counted && Number(counted.count);
  },
  collect: () => void server.child.kill('SIGUSR2'),
  async stop() {
    await server.stop();
    await postgres.drop(database);
  },
});
