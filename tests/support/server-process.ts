import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { freePort } from './free-port.ts';
import { DATABASE_AWAY } from './started-server.ts';
import { untilAvailable } from './until-available.ts';

const PROGRAM = 'src/main.ts';
const START_MS = 60_000;
const ROOMY = '900000/9000000';
const limits = ['HANDSHAKE', 'LOGIN', 'REFRESH', 'SEND', 'SYNC', 'READ', 'WRITE', 'SIGNAL'];

/** A whole server in a process of its own, as an operator starts it; it may be killed and started again on its port. */
export class ServerProcess {
  #process: ChildProcess | undefined;
  #said = '';

  private constructor(
    readonly port: number,
    private readonly metricsPort: number,
    private readonly env: NodeJS.ProcessEnv,
    private readonly program: string,
  ) {}

  /**
   * @param settings over those that keep limits of rate out of the way
   * @param program a test build, which can be told things
   */
  static async start(
    databaseUrl: string,
    settings: Readonly<Record<string, string>> = {},
    program = PROGRAM,
  ): Promise<ServerProcess> {
    const [port, metricsPort] = [await freePort(), await freePort()];
    const env = {
      ...{ PATH: process.env['PATH'], HOME: process.env['HOME'], WS_PORT: String(port) },
      ...{ METRICS_PORT: String(metricsPort), DATABASE_URL: databaseUrl, ALLOW_GUESTS: 'true' },
      ...{ JWT_SECRET: randomBytes(32).toString('base64url'), LOG_LEVEL: 'error', LIMIT_FRAMES_PER_SECOND: '1000000' },
      ...Object.fromEntries(limits.map((name) => [`LIMIT_RATE_${name}`, ROOMY])),
      ...settings,
    };
    const server = new ServerProcess(port, metricsPort, env, program);
    await server.start();
    return server;
  }

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  get ws(): string {
    return `ws://127.0.0.1:${this.port}/v1/ws`;
  }

  /** Resolves when it listens. As under a supervisor, it is started again where the database did not answer in time. */
  async start(): Promise<void> {
    for (const until = performance.now() + START_MS; ; )
      try {
        return await this.#try();
      } catch (error) {
        if (!this.#said.includes(DATABASE_AWAY) || performance.now() > until) throw error;
      }
  }

  async #try(): Promise<void> {
    const child = spawn(process.execPath, ['--import', 'tsx', this.program], {
      env: this.env,
      stdio: ['ignore', 'ignore', 'pipe', ...(this.program === PROGRAM ? [] : (['ipc'] as const))],
    });
    this.#process = child;
    this.#said = '';
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', (words: Buffer) => {
        this.#said = (this.#said + words.toString()).slice(-10_000);
        if (this.#said.includes('Tertulia is listening')) resolve();
      });
      // Not 'exit': what it said comes before this.
      child.once('close', (code) => reject(new Error(`the server ended with ${code}: ${this.#said}`)));
    });
  }

  get running(): boolean {
    return this.#process?.exitCode === null && this.#process.signalCode === null;
  }

  /** The last of what it wrote since it was started. */
  get said(): string {
    return this.#said;
  }

  /** Only to a test build. */
  tell(order: object): void {
    this.#process?.send?.(order);
  }

  /** Resolves when it has ended; somebody else sees to that. */
  async ended(): Promise<void> {
    const child = this.#process;
    if (child && this.running) await once(child, 'exit');
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** SIGSTOP freezes it, SIGCONT lets it go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(signal);
  }

  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** It answers nobody, and its sockets stay open, until it is resumed. */
  suspend(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  /** The sum of all samples of a metric. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.metricsPort}/metrics`)).text();
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith(`tertulia_${name}{`) || line.startsWith(`tertulia_${name} `));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }

  /** Enters as a guest. */
  async aGuest(displayName: string): Promise<{ userId: string; token: string }> {
    const { user, accessToken } = (await this.command('session.guest', { displayName })) as {
      user: { id: string };
      accessToken: string;
    };
    return { userId: user.id, token: accessToken };
  }

  /** @throws Error unless it went well */
  async command(type: string, input: object, token?: string): Promise<Record<string, unknown>> {
    const ask = async () => {
      const response = await fetch(`${this.http}/v1/commands/${type}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(input),
      });
      return { response, body: (await response.json()) as Record<string, unknown> };
    };
    const { response, body } = await untilAvailable(ask, (answer) => answer.body['code']);
    if (!response.ok) throw new Error(`${type}: ${response.status} ${JSON.stringify(body)}`);
    return body;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
