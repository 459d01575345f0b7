import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 30_000;
const STOP_MS = 10_000;
const NOTES = 40;

/** As many files as the system allows: 10,000 sockets need them. Then the program takes the shell's place. */
const RAISED = 'ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)"; exec "$@"';

export interface Command {
  readonly name: string;
  /** Node itself when absent. */
  readonly program?: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Another program and its arguments to put before it, such as taskset. */
  readonly prefix?: readonly string[];
  readonly ipc?: boolean;
}

/** Whatever ends the bench, its processes end with it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One process that the bench started, and ends. */
export class Program {
  readonly #notes: string[] = [];
  readonly #waiting = new Set<{ readonly pattern: RegExp; readonly found: (match: RegExpExecArray) => void }>();
  exited = false;

  private constructor(
    readonly child: ChildProcess,
    private readonly name: string,
  ) {
    for (const stream of [child.stdout, child.stderr])
      if (stream) createInterface(stream).on('line', (line) => this.#line(line));
    running.add(child);
    child.on('exit', () => {
      running.delete(child);
      this.exited = true;
    });
  }

  static start({ name, program = process.execPath, args, env, prefix = [], ipc = false }: Command): Program {
    const { PATH = '', HOME = '' } = process.env;
    const command = ['-c', RAISED, 'sh', ...prefix, program, ...args];
    const child = spawn('sh', command, {
      stdio: ipc ? ['ignore', 'pipe', 'pipe', 'ipc'] : ['ignore', 'pipe', 'pipe'],
      env: { PATH, HOME, NODE_ENV: 'production', ...env },
    });
    return new Program(child, name);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** The first line on its output, from now on, that matches. */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    return this.before(new Promise((found) => this.#waiting.add({ pattern, found })), START_MS, `to print ${pattern}`);
  }

  /** Fails with the process's last words when it exits first, or when the time is over. */
  async before<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
    const over = new AbortController();
    const failed = (why: string): Error => new Error(`${this.name} ${why}\n${this.#notes.join('\n')}`);
    try {
      return await Promise.race([
        work,
        once(this.child, 'exit', { signal: over.signal }).then(([code]) => {
          throw failed(`exited with ${code}`);
        }),
        sleep(ms, undefined, { signal: over.signal }).then(() => {
          throw failed(`took more than ${ms} ms ${what}`);
        }),
      ]);
    } finally {
      over.abort();
    }
  }

  async stop(): Promise<void> {
    if (this.exited) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const hard = setTimeout(() => this.child.kill('SIGKILL'), STOP_MS);
    await exit;
    clearTimeout(hard);
  }

  #line(line: string): void {
    this.#notes.push(line);
    if (this.#notes.length > NOTES) this.#notes.shift();
    for (const waiter of this.#waiting) {
      const match = waiter.pattern.exec(line);
      if (!match) continue;
      this.#waiting.delete(waiter);
      waiter.found(match);
    }
  }
}
