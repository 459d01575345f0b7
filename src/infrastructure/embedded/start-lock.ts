import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from './postgres-processes.ts';

/** Files this process holds: a file with our pid that is not among them was left by another process of that number. */
const held = new Set<string>();

/**
 * Two processes that start on one folder take turns, so that neither takes the other's fresh server for a leftover.
 * A file with the holder's pid: who finds the holder dead moves the file away and tries again.
 */
export const alone = async <T>(folder: string, deadline: number, work: () => Promise<T>): Promise<T> => {
  const file = join(folder, 'starting.pid');
  while (held.has(file) || !(await created(file))) {
    const holder = Number(await readFile(file, 'utf8').catch(() => ''));
    const stale = holder === process.pid ? !held.has(file) : holder > 0 && !isAlive(holder);
    // Past the deadline the number was given out again: no holder takes that long.
    if (stale || performance.now() > deadline) {
      await rename(file, `${file}.${process.pid}`).catch(() => {}); // another has already moved it
      await rm(`${file}.${process.pid}`, { force: true });
    } else await delay(20);
  }
  held.add(file);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
    held.delete(file);
  }
};

/** Appears with its content at once, so that nobody reads it empty. */
const created = async (file: string) => {
  const draft = `${file}.new-${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(draft, String(process.pid), { mode: 0o600 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(draft, { force: true });
  }
};
