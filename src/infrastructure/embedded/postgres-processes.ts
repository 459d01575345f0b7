import { execFile } from 'node:child_process';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Pids of the PostgreSQL processes that work on `directory` (its real path): they all have it as their working folder. */
export const postgresProcessesOf = async (directory: string): Promise<number[]> => {
  if (process.platform !== 'linux') return listedByLsof(directory);
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const ours = await Promise.all(pids.map((pid) => isPostgresOf(pid, directory)));
  return pids.filter((_pid, index) => ours[index]);
};

/** Not merely "some process has this pid": pids are used again, above all in containers. */
export const isPostgresOf = async (pid: number, directory: string): Promise<boolean> => {
  if (process.platform !== 'linux') return (await listedByLsof(directory)).includes(pid);
  try {
    return (
      (await readlink(`/proc/${pid}/cwd`)) === directory &&
      (await readFile(`/proc/${pid}/comm`, 'utf8')) === 'postgres\n'
    );
  } catch {
    return false; // gone, a zombie, or somebody else's
  }
};

/** Whether there is any process of that number. */
export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** The pid's parent; undefined when it is gone. */
export const parentOf = async (pid: number): Promise<number | undefined> => {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'ppid=', '-p', String(pid)]);
    return Number(stdout);
  } catch {
    return undefined;
  }
};

/**
 * Sends `signal` to every process that works on `directory` until none is left, for one may be started while the
 * others are counted, and an orphan that waits for a lock of a killed process does so for ever.
 * @returns whether all went
 */
export const endProcessesOf = async (directory: string, signal: NodeJS.Signals, withinMs: number): Promise<boolean> => {
  let emptyBefore = false;
  return until(async () => {
    const left = await postgresProcessesOf(directory);
    for (const pid of left) sendSignal(pid, signal);
    // Twice: of a process that starts another one and ends, both are missed while they are counted.
    const empty = left.length === 0;
    const ended = empty && emptyBefore;
    emptyBefore = empty;
    return ended;
  }, withinMs);
};

/** @returns whether it went within the time */
export const endProcess = async (
  pid: number,
  directory: string,
  signal: NodeJS.Signals,
  withinMs: number,
): Promise<boolean> => {
  sendSignal(pid, signal);
  return until(async () => !(await isPostgresOf(pid, directory)), withinMs);
};

/** Asks again every 20 ms. @returns whether it came true within the time */
export const until = async (condition: () => Promise<boolean>, withinMs: number): Promise<boolean> => {
  const deadline = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > deadline) return false;
    await delay(20);
  }
  return true;
};

/** A process that has gone already is no error. */
export const sendSignal = (pid: number, signal: NodeJS.Signals) => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};

const listedByLsof = async (directory: string) => {
  try {
    const { stdout } = await promisify(execFile)('lsof', ['-a', '-d', 'cwd', '-c', 'postgres', '-Fpn']);
    return stdout
      .split(/^p/m)
      .filter((entry) => entry.split('\n').includes(`n${directory}`))
      .map((entry) => Number.parseInt(entry, 10));
  } catch {
    return []; // lsof ends with 1 when it finds nothing
  }
};
