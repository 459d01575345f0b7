import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';

export interface Pinning {
  readonly servers: string;
  readonly load: string;
}

/** Sets which cores a process may use; Linux has it, macOS does not. */
export const TASKSET = 'taskset';

/** Whether the shell finds it. */
export const has = (program: string): boolean => {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/** Moves this process, and so every server it starts, to the servers' cores; undefined where the machine offers no taskset. */
export function pin(pinning: Pinning): Pinning | undefined {
  if (!has(TASKSET) || cpus().length < 2) return undefined;
  execFileSync(TASKSET, ['-acp', pinning.servers, String(process.pid)], { stdio: 'ignore' });
  return pinning;
}

export const description = () => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  node: process.version,
});

/** The process's own share of memory in bytes: PSS where the kernel tells it, else RSS. */
export function memory(pid: number): number {
  const kib = (text: string, field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN);
  try {
    return kib(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'), 'Pss') * 1024;
  } catch {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) * 1024;
  }
}

/** Seconds of CPU that a process took so far, or NaN where /proc is missing. */
export function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return Number.NaN;
  }
}
