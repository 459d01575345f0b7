import { readdir, readFile, readlink } from 'node:fs/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { endProcessesOf } from '#app/infrastructure/embedded/postgres-processes.ts';

vi.mock('node:fs/promises');
afterEach(() => vi.restoreAllMocks());

it.runIf(process.platform === 'linux')(
  'finds also a process whose starter ends while the processes are counted',
  async () => {
    const [starter, started] = ['4194301', '4194302'];
    const alive = new Set([starter]);
    vi.mocked(readlink).mockImplementation((async (path: string) => {
      const [pid = ''] = /\d+/.exec(path) ?? [];
      // After they were listed, and before it is looked at.
      if (pid === starter && alive.delete(starter)) alive.add(started);
      if (!alive.has(pid)) throw new Error('gone');
      return '/data';
    }) as never); // it is asked for nothing else
    vi.mocked(readFile).mockResolvedValue('postgres\n');
    vi.mocked(readdir).mockImplementation((async () => [...alive]) as never);
    const signalled: number[] = [];
    vi.spyOn(process, 'kill').mockImplementation((pid) => {
      if (alive.delete(String(pid))) signalled.push(pid);
      return true;
    });
    expect(await endProcessesOf('/data', 'SIGKILL', 5_000)).toBe(true);
    expect([signalled, [...alive]]).toEqual([[Number(started)], []]);
  },
);
