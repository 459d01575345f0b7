import { type ChildProcess, execFile } from 'node:child_process';
import { access, constants, lchown, lstat, mkdtemp, readFile, readdir, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import {
  hasExited,
  openCluster,
  spawnPostgres,
  type PostgresCluster,
} from '#app/infrastructure/embedded/postgres-cluster.ts';
import {
  endProcess,
  endProcessesOf,
  isAlive,
  postgresProcessesOf,
  sendSignal,
  until,
} from '#app/infrastructure/embedded/postgres-processes.ts';
import { freePort } from './free-port.ts';

const ROLE = 'tertulia';

/** A PostgreSQL of one test run or one test, on a port of its own, that may be killed and started again. */
export class PostgresServer {
  #server: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly cluster: PostgresCluster,
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  /**
   * Data in memory where the system has such a folder; fsync stays on, so that what is tested is what runs.
   * @param folder another one, that belongs to this server from here on
   * @param prepare is given the server before it is started
   */
  static async start(
    settings: readonly string[] = [],
    folder?: string,
    prepare: (server: PostgresServer) => Promise<void> = async () => {},
  ): Promise<PostgresServer> {
    const server = await PostgresServer.on(folder ?? (await aFolder()), settings);
    await prepare(server);
    await server.start();
    // As in production: the owner of its databases, and no superuser.
    await server.query(`create role ${ROLE} login createdb password '${server.cluster.password}'`);
    await server.query(`create database ${ROLE} owner ${ROLE}`);
    return server;
  }

  /** Not started, on the data that the folder holds or is given. */
  static async on(folder: string, settings: readonly string[], port?: number): Promise<PostgresServer> {
    return new PostgresServer(folder, await openCluster(folder), port ?? (await freePort()), settings);
  }

  get url() {
    return `postgresql://${ROLE}:${this.cluster.password}@127.0.0.1:${this.port}/${ROLE}`;
  }
  get superuserUrl() {
    return `postgresql://postgres:${this.cluster.password}@127.0.0.1:${this.port}/postgres`;
  }
  get dataDirectory() {
    return this.cluster.directory;
  }
  /** Of the account that runs it, where that is another one. */
  get owner() {
    return this.cluster.account.owner;
  }
  /** What it said of itself. */
  get log(): Promise<string> {
    return readFile(this.cluster.logFile, 'utf8');
  }
  get running(): boolean {
    return this.#server !== undefined && !hasExited(this.#server);
  }

  /** Gives files to the account that runs it. */
  async hand(path: string): Promise<void> {
    const { owner } = this;
    if (!owner) return;
    await lchown(path, owner.uid, owner.gid);
    if (!(await lstat(path)).isDirectory()) return;
    for (const name of await readdir(path, { recursive: true })) await lchown(join(path, name), owner.uid, owner.gid);
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', `port=${this.port}`, 'max_connections=300', ...this.settings];
    const server = await spawnPostgres(this.cluster, settings);
    this.#server = server;
    const answers = await until(async () => hasExited(server) || (await this.#answers()), 30_000);
    if (!answers || hasExited(server)) {
      throw new Error(`PostgreSQL did not start: ${await readFile(this.cluster.logFile, 'utf8')}`);
    }
  }

  /** kill -9 of all its processes at once, as when the machine goes; resolves when none is left. */
  async kill(): Promise<void> {
    if (!(await endProcessesOf(this.cluster.directory, 'SIGKILL', 10_000)))
      throw new Error('PostgreSQL survived SIGKILL');
    await rm(join(this.cluster.directory, 'postmaster.pid'), { force: true });
  }

  /** kill -9 of the postmaster alone; its children notice and end by themselves. */
  async killPostmaster(): Promise<void> {
    await endProcess(this.#server?.pid ?? 0, this.cluster.directory, 'SIGKILL', 10_000);
    await until(async () => endProcessesOf(this.cluster.directory, 'SIGQUIT', 1_000), 10_000);
  }

  /** As its operator ends it: SIGINT rolls back what is under way, SIGQUIT leaves that to the recovery. */
  async shutDown(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    await endProcess(this.#server?.pid ?? 0, this.cluster.directory, signal, 20_000);
    if (!(await until(async () => (await postgresProcessesOf(this.cluster.directory)).length === 0, 20_000)))
      throw new Error(`PostgreSQL did not end on ${signal}`);
  }

  /** All its processes stand still, and every connection to it with them, until it is thawed. */
  async freeze(): Promise<void> {
    // Twice: the postmaster may start one more between being counted and standing still.
    for (let count = 0; count < 2; count++)
      for (const pid of await postgresProcessesOf(this.cluster.directory)) sendSignal(pid, 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    for (const pid of await postgresProcessesOf(this.cluster.directory)) sendSignal(pid, 'SIGCONT');
  }

  /** As superuser, unless another url is given. */
  async query(text: string, url = this.superuserUrl): Promise<Record<string, unknown>[]> {
    const client = new Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    if (!(await endProcessesOf(this.cluster.directory, 'SIGINT', 5_000))) await this.kill();
    await unmountBelow(this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }

  async #answers() {
    try {
      await this.query('select 1');
      return true;
    } catch {
      return false;
    }
  }
}

/** What a test made a disk of its own; without that it can't be removed. */
export const unmountBelow = async (folder: string): Promise<void> => {
  const mounts = await readFile('/proc/mounts', 'utf8').catch(() => ''); // only Linux has it
  for (const [, point = ''] of mounts.split('\n').map((line) => line.split(' ')))
    if (point === folder || point.startsWith(`${folder}/`)) await promisify(execFile)('umount', ['--lazy', point]);
};

const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 1024 ** 3;

const fastFolder = async () => {
  try {
    await access(MEMORY, constants.W_OK);
    const { bavail, bsize } = await statfs(MEMORY);
    return bavail * bsize >= ENOUGH_BYTES ? MEMORY : tmpdir();
  } catch {
    return tmpdir();
  }
};

/** One of this run, in memory where there is room. */
export const aFolder = async (): Promise<string> => {
  await removeAbandoned();
  return mkdtemp(join(await fastFolder(), `tertulia-test-${process.pid}-`));
};

/** What a test run that was killed left behind. */
const removeAbandoned = async () => {
  const root = await fastFolder();
  for (const name of await readdir(root)) {
    const pid = Number(/^tertulia-test-(\d+)-/.exec(name)?.[1]);
    if (!pid || isAlive(pid)) continue;
    await endProcessesOf(join(root, name, 'postgres'), 'SIGKILL', 5_000);
    await unmountBelow(join(root, name));
    await rm(join(root, name), { recursive: true, force: true });
  }
};
