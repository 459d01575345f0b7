import type { ChildProcess } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import {
  ANSWER_WITHIN_MS,
  DataDirectoryInUse,
  ROLE,
  connect,
  prepareDatabase,
  runs,
  takeLock,
} from './owner-connection.ts';
import { SOCKET_PORT, hasExited, openCluster, spawnPostgres, type PostgresCluster } from './postgres-cluster.ts';
import { alone } from './start-lock.ts';
import { endProcess, endProcessesOf, isPostgresOf, parentOf, sendSignal } from './postgres-processes.ts';

export interface EmbeddedPostgresLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  /** `err` where something was thrown. */
  error(
    fields: { readonly err?: unknown; readonly attempts?: number; readonly attempt?: number },
    message: string,
  ): void;
}

export interface EmbeddedPostgres {
  /** Through a unix socket, to the database `tertulia` as its owner, who is no superuser. The same for ever. */
  readonly connectionString: string;
  /** Ends the server after its running statements were cut off and all is on disk. A second call awaits the first. */
  stop(): Promise<void>;
}

/** Longer than any recovery from a kill takes: what is to be redone is bounded by max_wal_size. */
const START_WITHIN_MS = 60_000;
const START_ATTEMPTS = 5;
const STOP_WITHIN_MS = 10_000;
const RESTARTS = 8;
const STABLE_AFTER_MS = 60_000;
/** What a server says that starts, recovers or shuts down. */
const CANNOT_CONNECT_NOW = '57P03';

/**
 * Starts PostgreSQL on `<dataDir>/postgres`, which is made if it is not there, and starts it again if it dies.
 * What a killed predecessor left running is stopped first, so that the server always has our settings.
 * @throws DataDirectoryInUse
 */
export const startEmbeddedPostgres = async (options: {
  readonly dataDir: string;
  readonly log: EmbeddedPostgresLog;
}): Promise<EmbeddedPostgres> => {
  const cluster = await openCluster(options.dataDir);
  const supervisor = new Supervisor(cluster, options.dataDir, options.log);
  await supervisor.start();
  const { password, socketDirectory } = cluster;
  return {
    connectionString: `postgresql://${ROLE}:${password}@${encodeURIComponent(socketDirectory)}:${SOCKET_PORT}/${ROLE}`,
    stop: () => supervisor.stop(),
  };
};

class Supervisor {
  #server: ChildProcess | undefined;
  #owner: Client | undefined;
  #restarting: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;
  #restarts = 0;
  #upSince = 0;

  constructor(
    private readonly cluster: PostgresCluster,
    private readonly folder: string,
    private readonly log: EmbeddedPostgresLog,
  ) {}

  async start() {
    process.on('exit', this.#endWithProcess);
    try {
      await this.#bringUp();
      await prepareDatabase(this.cluster);
    } catch (error) {
      process.off('exit', this.#endWithProcess);
      await this.#end();
      throw error;
    }
  }

  stop() {
    this.#stopped ??= (async () => {
      await this.#restarting;
      process.off('exit', this.#endWithProcess);
      await this.#end();
    })();
    return this.#stopped;
  }

  /** Until our server runs and we hold the lock that says so. */
  async #bringUp() {
    const deadline = performance.now() + START_WITHIN_MS;
    for (let attempt = 1; !this.#stopped; attempt++) {
      const owner = await alone(this.folder, deadline, () => this.#attempt(deadline));
      if (owner) {
        this.#watch(owner);
        this.log.info({ pid: this.#server?.pid, directory: this.cluster.directory }, 'embedded PostgreSQL is ready');
        return;
      }
      if (attempt >= START_ATTEMPTS || performance.now() > deadline) {
        throw new Error(`PostgreSQL does not start: ${await lastLines(this.cluster.logFile)}`);
      }
      await delay(100);
    }
  }

  async #attempt(deadline: number) {
    if (!this.#server || hasExited(this.#server)) {
      await this.#clearPredecessor();
      this.#server = await spawnPostgres(this.cluster);
    }
    return this.#own(this.#server, deadline);
  }

  /** A connection that holds the lock, once `server` answers; undefined if it exits first. */
  async #own(server: ChildProcess, deadline: number): Promise<Client | undefined> {
    while (!hasExited(server) && !this.#stopped && performance.now() < deadline) {
      const client = await connect(this.cluster).catch(() => undefined);
      try {
        if (client && (await runs(client, server.pid))) {
          await takeLock(client, this.folder);
          return client;
        }
      } catch (error) {
        await client?.end().catch(() => {}); // it may be gone with the server
        if (error instanceof DataDirectoryInUse) throw error;
        continue;
      }
      await client?.end();
      await delay(20);
    }
    return undefined;
  }

  /** Whatever ends this connection (the server, one of its processes, a fault) is answered by bringing the server up. */
  #watch(owner: Client) {
    this.#owner = owner;
    this.#upSince = performance.now();
    owner.on('error', () => {}); // 'end' follows
    owner.once('end', () => {
      if (this.#owner !== owner || this.#stopped) return;
      this.#owner = undefined;
      this.#restarting = this.#restart();
    });
  }

  async #restart() {
    if (performance.now() - this.#upSince > STABLE_AFTER_MS) this.#restarts = 0;
    while (!this.#stopped) {
      const attempt = ++this.#restarts;
      if (attempt > RESTARTS) {
        this.log.error(
          { attempts: RESTARTS },
          `embedded PostgreSQL keeps failing, and is not started again; its log is ${this.cluster.logFile}`,
        );
        return;
      }
      try {
        await delay(attempt === 1 ? 0 : Math.min(100 * 2 ** attempt, 5_000));
        this.log.warn({ attempt }, 'embedded PostgreSQL was lost; starting it again');
        await this.#bringUp();
        return;
      } catch (error) {
        this.log.error({ err: error, attempt }, 'embedded PostgreSQL could not be started again');
        if (error instanceof DataDirectoryInUse) return; // it has a new owner; ours must not fight it
      }
    }
  }

  /** Leaves the directory without any server process, or throws because a living owner has one. */
  async #clearPredecessor() {
    const { directory, socketDirectory } = this.cluster;
    const left = await readPidFile(directory);
    if (left && (await isPostgresOf(left.pid, directory))) await this.#stopPredecessor(left);
    // Children of a postmaster that was killed alone: they hold its shared memory, and a new one would refuse to start.
    if (!(await endProcessesOf(directory, 'SIGQUIT', 1_000)) && !(await endProcessesOf(directory, 'SIGKILL', 3_000))) {
      throw new Error(`Processes of a former PostgreSQL on ${directory} do not end`);
    }
    // With nobody on the directory these are stale, but a pid in them that lives again as something else would count.
    for (const file of [join(directory, 'postmaster.pid'), join(socketDirectory, `.s.PGSQL.${SOCKET_PORT}.lock`)]) {
      await rm(file, { force: true });
    }
  }

  async #stopPredecessor(left: { pid: number; socketDirectory: string }) {
    const { directory } = this.cluster;
    const reached = await this.#reach(left);
    if (reached) {
      try {
        await takeLock(reached, this.folder);
        this.log.info({ pid: left.pid }, 'stopping the PostgreSQL that a killed process left');
        if (await endProcess(left.pid, directory, 'SIGINT', STOP_WITHIN_MS)) return;
      } finally {
        await reached.end().catch(() => {}); // it may have been ended from the other side
      }
    } else {
      // It does not answer. That is no reason to take it from a living parent.
      const parent = await parentOf(left.pid);
      if (parent !== undefined && parent > 1 && parent !== process.pid && (await isNode(parent))) {
        throw new DataDirectoryInUse(this.folder, `process ${parent}`);
      }
    }
    this.log.warn({ pid: left.pid }, 'killing a former PostgreSQL that does not answer');
    await endProcess(left.pid, directory, 'SIGKILL', 3_000);
  }

  /** Undefined when it does not answer. One in recovery says so, and is waited for. */
  async #reach(left: { pid: number; socketDirectory: string }): Promise<Client | undefined> {
    const began = performance.now();
    let patience = ANSWER_WITHIN_MS;
    while (performance.now() - began < patience && (await isPostgresOf(left.pid, this.cluster.directory))) {
      try {
        return await connect(this.cluster, left.socketDirectory);
      } catch (error) {
        if ((error as { code?: string }).code === CANNOT_CONNECT_NOW) patience = START_WITHIN_MS;
      }
      await delay(50);
    }
    return undefined;
  }

  async #end() {
    const owner = this.#owner;
    this.#owner = undefined;
    await owner?.end().catch(() => {}); // lost in the same moment
    const server = this.#server;
    if (!server?.pid || hasExited(server)) return;
    const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    for (const [signal, withinMs] of [
      ['SIGINT', STOP_WITHIN_MS],
      ['SIGQUIT', 3_000],
      ['SIGKILL', 3_000],
    ] as const) {
      sendSignal(server.pid, signal);
      const timer = new AbortController();
      const ended = await Promise.race([
        exited.then(() => true),
        delay(withinMs, false, { signal: timer.signal }).catch(() => false),
      ]);
      timer.abort();
      if (ended) return;
    }
  }

  /** The last thing a process does that ends without stop(): it must not leave the server behind if it can help it. */
  readonly #endWithProcess = () => {
    if (this.#server?.pid && !hasExited(this.#server)) sendSignal(this.#server.pid, 'SIGINT');
  };
}

/** Lines of the file: pid, data directory, start time, port, socket directory, … */
const readPidFile = async (directory: string) => {
  const lines = (await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  return pid > 1 ? { pid, socketDirectory: lines[4] ?? '' } : undefined;
};

const lastLines = async (file: string) =>
  (await readFile(file, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-5).join('\n');

const isNode = async (pid: number) => {
  if (process.platform !== 'linux') return true;
  return /node|tsx|MainThread/.test(await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''));
};
