import { has } from './machine.ts';
import { freePort } from './postgres.ts';
import { Program } from './process.ts';

const SERVER = 'redis-server';

/** Why there can be none, in a sentence; undefined when all is well. */
export const redisMissing = (): string | undefined =>
  has(SERVER) ? undefined : `${SERVER} is not in the PATH: install it, or name the other cases with --case`;

/** A Redis of the bench's own, empty, without persistence, on the cores of the servers. */
export class RedisServer {
  private constructor(
    private readonly program: Program,
    private readonly port: number,
  ) {}

  static async start(): Promise<RedisServer> {
    const port = await freePort();
    const program = Program.start({
      name: 'Redis',
      program: SERVER,
      args: ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no'],
      env: {},
    });
    await program.line(/Ready to accept connections/);
    return new RedisServer(program, port);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.program.pid;
  }

  stop(): Promise<void> {
    return this.program.stop();
  }
}
