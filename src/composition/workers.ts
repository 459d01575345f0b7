import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CannotStart } from '#app/application/cannot-start.ts';
import { localSecret } from '#app/infrastructure/config/local-secret.ts';
import type { Config } from '#app/infrastructure/config/read-config.ts';
import { LogStream } from '#app/infrastructure/logging/log-stream.ts';
import { PinoJournal } from '#app/infrastructure/logging/pino-journal.ts';
import { CryptoRandom } from '#app/infrastructure/system/crypto-random.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { freePort } from '#app/infrastructure/transport/listen-failure.ts';
import { Lifetime } from './lifetime.ts';
import type { Server } from './server.ts';
import { embedded } from './storage.ts';

/** What a worker is given when it begins. */
export interface WorkerOrder {
  readonly config: Config;
  readonly version: string;
}

/** What it says, once: where it listens, or why it can't start. */
export type WorkerReport =
  | { readonly listening: Pick<Server, 'host' | 'port'> }
  | { readonly problems: readonly string[] }
  | { readonly fault: string };

/** Several nodes on one port of this machine. */
export type Workers = Pick<Server, 'host' | 'port' | 'journal' | 'stop'>;

const ENTRY = fileURLToPath(new URL(`../worker${extname(import.meta.url)}`, import.meta.url));
const LOG_FLUSH_MS = 1_000;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 30_000;
/** Who lived that long did not die of its start. */
const STABLE_MS = 60_000;
/** Beyond what a worker may take for its drain. */
const GRACE_MS = 20_000;

/**
 * Starts the workers, and again each that ends without having been told to. They are nodes like those on other machines,
 * and share nothing but the port; the database inside, if there is none outside, belongs to this process.
 * @throws CannotStart, PortTaken, NotListening, and what the first worker says
 */
export const startWorkers = async (config: Config, version: string): Promise<Workers> => {
  const lifetime = new Lifetime();
  try {
    return await open(config, version, lifetime);
  } catch (error) {
    await lifetime[Symbol.asyncDispose]();
    throw error;
  }
};

const open = async (config: Config, version: string, lifetime: Lifetime): Promise<Workers> => {
  const destination = lifetime.own(new LogStream(process.stdout, () => {}), (opened) => opened.close(LOG_FLUSH_MS));
  const parts = { node: 'supervisor', random: new CryptoRandom(), clock: new SystemClock(), destination };
  const journal = new PinoJournal({ ...config.log, ...parts });
  // Others that share their ports would go unnoticed, and a port that the system picks can't be shared.
  const port = await freePort(config.listen.host, config.listen.port);
  const common = await withDatabase({ ...config, listen: { ...config.listen, port } }, lifetime, journal);
  const crew = lifetime.own(new Crew(journal, config.drainNoticeMs + config.drainMs + GRACE_MS), (all) => all.stop());
  const order = (n: number): WorkerOrder => ({ config: nth(common, n), version });
  const listening = await crew.start(0, order(0)); // alone, for it may have to bring the database up to date
  await Promise.all(Array.from({ length: config.workers - 1 }, (_, n) => crew.start(n + 1, order(n + 1))));
  crew.keep();
  journal.info('workers listening', { ...listening, workers: config.workers, version });
  let stopping: Promise<void> | undefined;
  return { ...listening, journal, stop: () => (stopping ??= lifetime[Symbol.asyncDispose]()) };
};

const withDatabase = async (config: Config, lifetime: Lifetime, journal: PinoJournal): Promise<Config> => {
  if (config.databaseUrl !== undefined) return config;
  const secret = config.tokens.secret ?? (await localSecret(config.dataDir));
  const databaseUrl = await embedded(config, lifetime, journal);
  return { ...config, databaseUrl, tokens: { ...config.tokens, secret } };
};

/** The port is shared, metrics are not. */
const nth = (config: Config, n: number): Config => ({
  ...config,
  metricsPort: config.metricsPort === 0 ? 0 : config.metricsPort + n,
});

interface Member {
  readonly order: WorkerOrder;
  readonly process: ChildProcess;
  readonly begun: number;
  backoffMs: number;
  again?: NodeJS.Timeout;
}

class Crew {
  readonly #members = new Map<number, Member>();
  #stopping = false;
  #kept = false;

  constructor(
    private readonly journal: PinoJournal,
    /** In milliseconds; a worker that has not ended by then is killed. */
    private readonly patienceMs: number,
  ) {
    process.on('SIGUSR2', this.#turn);
    process.on('exit', this.#killAll);
  }

  /** @throws what keeps it from listening */
  async start(n: number, order: WorkerOrder): Promise<Pick<Server, 'host' | 'port'>> {
    const child = fork(ENTRY, { serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const backoffMs = this.#members.get(n)?.backoffMs ?? FIRST_BACKOFF_MS;
    this.#members.set(n, { order, process: child, begun: performance.now(), backoffMs });
    child.on('exit', (code, signal) => this.#ended(n, code, signal));
    child.send(order);
    const report = await Promise.race([
      once(child, 'message').then(([told]) => told as WorkerReport),
      once(child, 'exit').then(([code]): WorkerReport => ({ fault: `a worker ended with ${code} before it listened` })),
    ]);
    if ('listening' in report) return report.listening;
    throw 'problems' in report ? new CannotStart(report.problems) : new Error(report.fault);
  }

  /** From now on whoever ends comes back, and who has ended since it listened. */
  keep(): void {
    this.#kept = true;
    for (const [n, { process: child }] of this.#members) if (hasEnded(child)) this.#ended(n, child.exitCode, null);
  }

  /** Tells all to drain at once; resolves when none is left. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const left = [...this.#members.values()].map(async ({ process: child, again }) => {
      clearTimeout(again);
      if (hasEnded(child)) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), this.patienceMs);
      await ended;
      clearTimeout(late);
    });
    await Promise.all(left);
    process.off('SIGUSR2', this.#turn);
    process.off('exit', this.#killAll);
  }

  #ended(n: number, code: number | null, signal: NodeJS.Signals | null): void {
    const member = this.#members.get(n);
    if (this.#stopping || !this.#kept || !member) return;
    const lived = performance.now() - member.begun;
    const wait = code === 0 ? 0 : member.backoffMs;
    member.backoffMs = lived > STABLE_MS || code === 0 ? FIRST_BACKOFF_MS : Math.min(wait * 2, LONGEST_BACKOFF_MS);
    const how = { worker: n, code: code ?? undefined, signal: signal ?? undefined };
    this.journal.warn('a worker ended and is started again', { ...how, ms: wait });
    member.again = setTimeout(() => {
      this.start(n, member.order).catch((error: unknown) => {
        // it ends by itself, and is tried again
        if (error instanceof CannotStart)
          for (const problem of error.problems) this.journal.warn('a worker can not start', { cause: problem });
        else this.journal.fault(error, 'worker');
      });
    }, wait);
  }

  readonly #turn = (): void => {
    for (const { process: child } of this.#members.values()) child.kill('SIGUSR2');
  };

  /** When this process ends without having waited for them. */
  readonly #killAll = (): void => {
    for (const { process: child } of this.#members.values()) child.kill('SIGKILL');
  };
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;
