import { spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chown,
  lstat,
  mkdir,
  open,
  readFile,
  readdir,
  realpath,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { secretIn } from '../system/secret-file.ts';
import { accountFor, type OsAccount } from './os-account.ts';
import { isAlive } from './postgres-processes.ts';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';

/** One data directory of PostgreSQL with what is needed to run a server on it. */
export interface PostgresCluster {
  /** Real path of the data directory. */
  readonly directory: string;
  readonly socketDirectory: string;
  /** Of the superuser `postgres`. */
  readonly password: string;
  readonly logFile: string;
  readonly account: OsAccount;
  readonly binaries: PostgresBinaries;
}

/** The name of the socket file; nobody else can be in that folder. */
export const SOCKET_PORT = 5432;
const LONGEST_SOCKET_PATH = 103; // of macOS; Linux allows four more
const LOG_LIMIT = 10 * 1024 * 1024;
const PASSWORD_BYTES = 24;

/** What makes an acknowledged write durable stands here and not in a file that someone edits for speed. */
const DURABLE = ['fsync=on', 'full_page_writes=on', 'synchronous_commit=on'];
/** Errors reach the caller, who logs them; the server's own log must not hold what people wrote. */
const QUIET = [
  'log_min_messages=log',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
  'log_checkpoints=off',
];

/** Containers have little /dev/shm, and a killed server would leave its pieces there. */
const OUTSIDE_DEV_SHM = ['dynamic_shared_memory_type=mmap', 'max_parallel_workers_per_gather=0'];

/** Finds the data directory below `folder`, or makes it. Two that make it at once end up with the same one. */
export const openCluster = async (folder: string): Promise<PostgresCluster> => {
  const binaries = await postgresBinaries();
  // Closed to others, but the account that runs the server has to pass through it.
  await mkdir(folder, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 });
  const root = await realpath(resolve(folder));
  const directory = join(root, 'postgres');
  const account = accountFor(directory, [root, binaries.postgres]);
  const password = await passwordIn(join(root, 'postgres.password'));
  await removeUnfinished(root);

  const version = await readFile(join(directory, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) await initialise(directory, password, account, binaries);
  else if (version.trim() !== '18') throw new Error(`${directory} holds a PostgreSQL ${version.trim()} and not an 18`);

  const socketDirectory = await privateSocketDirectory(root, account);
  return { directory, socketDirectory, password, logFile: join(root, 'postgres.log'), account, binaries };
};

/** Starts a server and does not wait for it. It outlives this process and the terminal's Ctrl-C: the owner stops it. */
export const spawnPostgres = async (
  cluster: PostgresCluster,
  settings: readonly string[] = [],
): Promise<ChildProcess> => {
  const { size } = await stat(cluster.logFile).catch(() => ({ size: 0 }));
  if (size > LOG_LIMIT) await truncate(cluster.logFile, 0);
  await using log = await open(cluster.logFile, 'a', 0o600);
  const { program, args, as } = cluster.account.command(cluster.binaries.postgres, [
    ...['-D', cluster.directory, '-k', cluster.socketDirectory, '-p', String(SOCKET_PORT)],
    ...[
      'listen_addresses=',
      'unix_socket_permissions=0700',
      'jit=off',
      ...OUTSIDE_DEV_SHM,
      ...QUIET,
      ...settings,
      ...DURABLE,
    ].flatMap((one) => ['-c', one]),
  ]);
  const server = spawn(program, args, {
    ...as,
    cwd: '/',
    env: ENVIRONMENT,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  server.on('error', () => {}); // a failed start shows as a server that has exited
  return server;
};

export const hasExited = (server: ChildProcess) =>
  server.pid === undefined || server.exitCode !== null || server.signalCode !== null;

/** The server needs none of our environment, which holds secrets. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' };

/** Into a folder of its own, renamed when complete: a kill in the middle leaves nothing that looks like a database. */
const initialise = async (directory: string, password: string, account: OsAccount, binaries: PostgresBinaries) => {
  const unfinished = `${directory}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  making.add(unfinished);
  const passwordFile = `${unfinished}.password`;
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account.owner) {
    for (const path of [unfinished, passwordFile]) await chown(path, account.owner.uid, account.owner.gid);
  }
  try {
    const { program, args, as } = account.command(binaries.initdb, [
      ...[`--pgdata=${unfinished}`, '--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--data-checksums'],
    ]);
    await completed(spawn(program, args, { ...as, cwd: '/', env: ENVIRONMENT, stdio: ['ignore', 'ignore', 'pipe'] }));
    await rename(unfinished, directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // another was faster: its database counts
    });
    await using parent = await open(dirname(directory));
    await parent.sync();
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    await rm(passwordFile, { force: true });
    making.delete(unfinished);
  }
};

/** What this process makes right now; the same pid in another name is of a process long gone. */
const making = new Set<string>();

const completed = (child: ChildProcess) =>
  new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4_000)));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`initdb failed: ${said.trim()}`))));
  });

/** What an initdb left whose process is gone. */
const removeUnfinished = async (root: string) => {
  for (const name of await readdir(root)) {
    const [unfinished, maker] = /^postgres\.new-(\d+)-\w+/.exec(name) ?? [];
    if (unfinished === undefined) continue;
    const inUse = Number(maker) === process.pid ? making.has(join(root, unfinished)) : isAlive(Number(maker));
    if (!inUse) await rm(join(root, name), { recursive: true, force: true });
  }
};

/** Of the superuser; without it nobody gets into a database that was made with it. */
const passwordIn = async (file: string): Promise<string> => {
  const password = (await secretIn(file, PASSWORD_BYTES)).trim();
  if (password === '')
    throw new Error(`${file} is empty; put it back from a backup, or remove it if no data is beside it`);
  return password;
};

/** Beside the data if the path is short enough for a socket, else in the system's folder for temporary files. */
const privateSocketDirectory = async (root: string, account: OsAccount): Promise<string> => {
  const beside = join(root, 'run');
  const name = `tertulia-${createHash('sha256').update(root).digest('hex').slice(0, 12)}`;
  const fits = Buffer.byteLength(`${beside}/.s.PGSQL.${SOCKET_PORT}.lock`) <= LONGEST_SOCKET_PATH;
  const directory = fits ? beside : join(await realpath(tmpdir()), name);

  await mkdir(directory, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  // Anybody may make a folder of that name in /tmp: it serves only if it is ours and closed.
  const found = await lstat(directory);
  const trusted = [process.getuid?.(), account.owner?.uid];
  if (!found.isDirectory() || !trusted.includes(found.uid) || (found.mode & 0o077) !== 0) {
    throw new Error(`${directory} must be a folder of this user with mode 0700`);
  }
  if (account.owner) await chown(directory, account.owner.uid, account.owner.gid);
  return directory;
};
