import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sendSignal } from '#app/infrastructure/embedded/postgres-processes.ts';
import { freePort } from './free-port.ts';

const folder = join(import.meta.dirname, '../../deploy');
/** Of a machine that does much else. */
const START_MS = 30_000;
/** Longer than rise × inter, on such a machine. */
const STATE_MS = 60_000;

/** HAProxy from the PATH with the configuration that operators get, before nodes on this machine. */
export class Haproxy {
  #process: ChildProcess | undefined;
  #said = '';

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** Resolves when it listens and sends requests to every node. @throws when there is no haproxy */
  static async start(nodes: readonly { readonly port: number }[]): Promise<Haproxy> {
    const port = await freePort();
    const own = await mkdtemp(join(tmpdir(), `tertulia-haproxy-${process.pid}-`));
    const haproxy = new Haproxy(port, own, {
      PATH: `${process.env['PATH']}:/usr/sbin:/usr/local/sbin`,
      BIND: `127.0.0.1:${port}`,
      STATS_SOCKET: join(own, 'stats.sock'),
      ...Object.fromEntries([1, 2, 3].map((n) => [`NODE_${n}`, `127.0.0.1:${nodes[n - 1]?.port ?? 9}`])),
    });
    await haproxy.start();
    // Before the first check each counts as up.
    for (let index = 0; index < 3; index++) await haproxy.until(index, index < nodes.length ? 'UP' : 'DOWN');
    return haproxy;
  }

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  get ws(): string {
    return `ws://127.0.0.1:${this.port}/v1/ws`;
  }

  async start(): Promise<void> {
    const child = spawn('haproxy', ['-W', '-f', join(folder, 'haproxy.cfg')], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#said = (this.#said + text).slice(-10_000)));
    const failed = new Promise<never>((_, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`haproxy ended with ${code}: ${this.#said}`)));
    });
    failed.catch(() => {}); // later its end is nobody's failure
    await Promise.race([failed, this.#until(() => this.#states().then(() => true), 'it listens', START_MS)]);
  }

  /** As its balancer sees it: `UP` or `DOWN`, also while the last look at it told otherwise (`UP 1/2`). */
  async stateOf(node: number): Promise<string> {
    return (await this.#states())[node]?.status?.split(' ')[0] ?? 'unknown';
  }

  /** Resolves when it sees the node so. */
  until(node: number, state: 'UP' | 'DOWN'): Promise<void> {
    const holds = async () => {
      const { status, check } = (await this.#states())[node] ?? {};
      return state === 'UP' ? status === 'UP' && check === 'L7OK' : status === 'DOWN';
    };
    return this.#until(holds, `node ${node} is ${state}`, STATE_MS);
  }

  /** A reload as operators do it: a new process takes over, the old one ends with its last socket. */
  async reload(): Promise<void> {
    const before = await this.#pid();
    this.#process?.kill('SIGUSR2');
    // A worker that is about to go may take the question along without an answer.
    await this.#until(async () => ![before, undefined].includes(await this.#pid()), 'it was reloaded', START_MS);
  }

  /** kill -9 of master and worker; every socket through it is gone. */
  async kill(): Promise<void> {
    const worker = Number(await this.#pid());
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    sendSignal(worker, 'SIGKILL');
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGINT'); // at once
      await exited;
    }
    await rm(this.folder, { recursive: true, force: true });
  }

  async #states(): Promise<{ readonly status: string | undefined; readonly check: string | undefined }[]> {
    const lines = (await this.#ask('show stat')).trim().split('\n');
    const names = (lines[0] ?? '').replace('# ', '').split(',');
    const rows = lines.slice(1).map((line) => line.split(','));
    const nodes = rows.filter(([proxy, name]) => proxy === 'nodes' && name?.startsWith('node-'));
    const [status, check] = [names.indexOf('status'), names.indexOf('check_status')] as const;
    return nodes.map((row) => ({ status: row[status], check: row[check] }));
  }

  async #pid(): Promise<string | undefined> {
    return /^Pid: (\d+)$/m.exec(await this.#ask('show info'))?.[1];
  }

  #ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.env['STATS_SOCKET']!).setEncoding('utf8'); // it is set above
      let answer = '';
      socket.on('error', reject);
      socket.on('data', (text: string) => (answer += text));
      socket.on('end', () => resolve(answer));
      socket.end(`${command}\n`);
    });
  }

  async #until(holds: () => Promise<boolean>, what: string, deadlineMs: number): Promise<void> {
    const until = performance.now() + deadlineMs;
    while (!(await holds().catch(() => false))) {
      if (performance.now() > until) throw new Error(`not within ${deadlineMs} ms: ${what}\n${this.#said}`);
      await pause(20);
    }
  }
}
