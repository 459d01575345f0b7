import { OUTBOX_ENTRIES, OutboxFull, tooMany } from '../outbox/outbox-full.ts';
import type { OutboxEntry, OutboxStorage } from '../outbox/outbox-storage.ts';
import { Journal, type Step } from './journal.ts';
import { soleUse } from './sole-use.ts';

/**
 * Keeps entries in a file (mode 0600): what `add` resolved for is still there after a kill or a power cut. One process
 * at a time; calls of a second one are rejected. The file is opened by the first call and let go by `close`.
 */
export const fileOutbox = (path: string): OutboxStorage => new FileOutbox(path);

interface Opened {
  readonly journal: Journal;
  readonly letGo: () => Promise<void>;
}

interface Waiting {
  readonly step: Step;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

class FileOutbox implements OutboxStorage {
  #opened: Promise<Opened> | undefined;
  #closed = false;
  /** Steps that came while others were on their way to the disk; they go together. */
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(private readonly path: string) {}

  add(entry: OutboxEntry): Promise<void> {
    return this.#write(['add', entry]);
  }

  update(entry: OutboxEntry): Promise<void> {
    return this.#write(['update', entry]);
  }

  remove(id: string): Promise<void> {
    return this.#write(['remove', id]);
  }

  clear(userId: string): Promise<void> {
    return this.#write(['clear', userId]);
  }

  async list(userId: string): Promise<readonly OutboxEntry[]> {
    await this.#writing;
    return (await this.#open()).journal.entries.list(userId);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#writing;
    this.#closed = true;
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.journal.close();
    await opened?.letGo();
  }

  #open(): Promise<Opened> {
    if (this.#closed) return Promise.reject(new Error(`the outbox ${this.path} is closed`));
    // After a failure the next call tries again: whoever had the file may have ended.
    this.#opened ??= opened(this.path).catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  #write(step: Step): Promise<void> {
    return new Promise((done, failed) => {
      // As it is now; the caller may change it while it waits.
      this.#waiting.push({ step: structuredClone(step), done, failed });
      this.#writing ??= this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const journal = await this.#open().then(
        ({ journal }) => journal,
        (error: unknown) => error as Error,
      );
      const batch = this.#waiting.splice(0);
      if (journal instanceof Error) for (const { failed } of batch) failed(journal);
      else await append(journal, batch);
    }
    // In the same turn as the last look at what waits, or one would be forgotten.
    this.#writing = undefined;
  }
}

const append = async (journal: Journal, batch: readonly Waiting[]): Promise<void> => {
  const { taken, refused } = judge(journal, batch);
  for (const { failed } of refused) failed(tooMany());
  try {
    if (taken.length > 0) await journal.append(taken.map(({ step }) => step));
    for (const { done } of taken) done();
  } catch (error) {
    for (const { failed } of taken) failed(named(error));
  }
};

const opened = async (path: string): Promise<Opened> => {
  const letGo = await soleUse(path);
  try {
    return { journal: await Journal.open(path), letGo };
  } catch (error) {
    await letGo();
    throw error;
  }
};

/** Who has no room is refused before anything is written. */
const judge = ({ entries }: Journal, batch: readonly Waiting[]) => {
  const added = new Map<string, number>();
  const fits = ({ step: [kind, entry] }: Waiting): boolean => {
    if (kind !== 'add' || entries.holding(entry.id)) return true;
    const count = (added.get(entry.userId) ?? entries.users.get(entry.userId)?.size ?? 0) + 1;
    if (count <= OUTBOX_ENTRIES) added.set(entry.userId, count);
    return count <= OUTBOX_ENTRIES;
  };
  const taken: Waiting[] = [];
  const refused: Waiting[] = [];
  for (const waiting of batch) (fits(waiting) ? taken : refused).push(waiting);
  return { taken, refused };
};

const named = (error: unknown): unknown =>
  (error as NodeJS.ErrnoException).code === 'ENOSPC'
    ? new OutboxFull('the disk has no room left', { cause: error })
    : error;
