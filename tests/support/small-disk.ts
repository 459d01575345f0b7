import { execFile } from 'node:child_process';
import { chmod, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BLOCK = 1024 * 1024;

/** A file system of its own that can be filled to the last byte and emptied again. */
export class SmallDisk {
  private constructor(readonly folder: string) {}

  /** Undefined, and said so, where this process may not mount one. It is unmounted with the folder of its server. */
  static async at(folder: string, megabytes: number, owner?: { readonly uid: number; readonly gid: number }) {
    await mkdir(folder, { recursive: true });
    const whose = owner ? `,uid=${owner.uid},gid=${owner.gid}` : '';
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}M,mode=0711${whose}`, 'tmpfs', folder]);
      return new SmallDisk(folder);
    } catch (error) {
      process.stderr.write(`No disk of its own can be mounted here (${String((error as Error).message).trim()})\n`);
      return undefined;
    }
  }

  /** Leaves no byte. */
  async fill(): Promise<void> {
    await using file = await open(this.#filler, 'w');
    for (const block of [Buffer.alloc(BLOCK), Buffer.alloc(4096)]) {
      try {
        for (;;) await file.write(block);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    }
  }

  async free(): Promise<void> {
    await rm(this.#filler);
  }

  get #filler() {
    return join(this.folder, 'filler');
  }
}

/** Where no disk can be filled: nothing new can be made in the folder until it is opened again. */
export const shut = (folder: string) => chmod(folder, 0o500);
export const reopen = (folder: string) => chmod(folder, 0o700);
