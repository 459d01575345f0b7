import { type FileHandle, open, readFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type Entries, newEntries } from '../outbox/entries.ts';
import type { OutboxEntry } from '../outbox/outbox-storage.ts';
import { putInPlace, writeNext, writeWhole } from './write-whole.ts';

/** What happened to the outbox, in one line of the file. */
export type Step =
  | readonly ['add', OutboxEntry]
  | readonly ['update', OutboxEntry]
  | readonly ['remove', id: string]
  | readonly ['clear', userId: string];

const HEAD = 'tertulia outbox 1\n';
/** A file of more dead lines than this, and than living ones, is written anew. */
const DEAD_LINES = 1_000;

/**
 * An append-only file of steps, each line with its checksum. Bytes behind the last good line are those of a write that
 * was never confirmed, cut off by a kill: they are dropped when it is opened. One caller at a time.
 */
export class Journal {
  #lines: number;
  #torn = false;
  #broken: Error | undefined;

  private constructor(
    private readonly path: string,
    private file: FileHandle,
    private length: number,
    readonly entries: Entries,
    lines: number,
  ) {
    this.#lines = lines;
  }

  /** @throws Error when the file is something else, or damaged in its middle: then no line of it is touched */
  static async open(path: string): Promise<Journal> {
    const text = await textOf(path);
    const entries = newEntries();
    // A cut-off head is a file that nothing was confirmed of.
    if (HEAD.startsWith(text)) return new Journal(path, await writeWhole(path, HEAD), HEAD.length, entries, 0);
    if (!text.startsWith(HEAD)) throw new Error(`${path} is no outbox of this version`);
    const { steps, length } = read(path, text);
    for (const step of steps) apply(entries, step);
    const file = await open(path, 'r+');
    await file.chmod(0o600);
    await file.truncate(length);
    const journal = new Journal(path, file, length, entries, steps.length);
    await journal.#compact();
    return journal;
  }

  /** All of them or none. Resolves when the disk has them. @throws what the disk says, for example that it is full */
  async append(steps: readonly Step[]): Promise<void> {
    if (this.#broken) throw this.#broken;
    const bytes = Buffer.from(steps.map(lineOf).join(''));
    await this.#cutTorn();
    this.#torn = true;
    try {
      await this.#write(bytes);
    } catch (error) {
      await this.#cutTorn();
      throw error;
    }
    this.#torn = false;
    this.length += bytes.length;
    this.#lines += steps.length;
    for (const step of steps) apply(this.entries, step);
    await this.#compact();
  }

  close(): Promise<void> {
    return this.file.close();
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length; )
      done += (await this.file.write(bytes, done, bytes.length - done, this.length + done)).bytesWritten;
    await this.file.datasync();
  }

  /** Part of a batch that failed must not stand before, or be taken for, one that did not. */
  async #cutTorn(): Promise<void> {
    if (!this.#torn) return;
    await this.file.truncate(this.length);
    this.#torn = false;
  }

  async #compact(): Promise<void> {
    const users = [...this.entries.users.values()];
    const living = users.reduce((sum, entries) => sum + entries.size, 0);
    if (this.#lines - living <= Math.max(DEAD_LINES, living)) return;
    const entries = users.flatMap((one) => [...one.values()]);
    const text = HEAD + entries.map((entry) => lineOf(['add', entry])).join('');
    const next = await writeNext(this.path, text).catch(() => undefined);
    if (!next) return; // the old one does; another time
    try {
      await putInPlace(this.path);
    } catch (error) {
      // Which of the two files the name stands for after a power cut, nobody knows.
      this.#broken = error as Error;
    }
    await this.file.close();
    this.file = next;
    this.length = Buffer.byteLength(text);
    this.#lines = living;
  }
}

const textOf = async (path: string): Promise<string> => {
  try {
    // One character is one byte, so that lengths are those of the file.
    return await readFile(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
};

const lineOf = (step: Step): string => {
  const text = JSON.stringify(step);
  return `${checksum(Buffer.from(text))} ${text}\n`;
};

const checksum = (bytes: Buffer): string => crc32(bytes).toString(16).padStart(8, '0');

const read = (path: string, text: string) => {
  const steps: Step[] = [];
  let length = HEAD.length;
  let bad: number | undefined;
  for (let start = length, end; (end = text.indexOf('\n', start)) >= 0; start = end + 1) {
    const step = stepOf(text.slice(start, end));
    if (!step) bad ??= start;
    else if (bad !== undefined) throw new Error(`${path} is damaged at byte ${bad}; move it away to begin anew`);
    else {
      steps.push(step);
      length = end + 1;
    }
  }
  return { steps, length };
};

const stepOf = (line: string): Step | undefined => {
  const bytes = Buffer.from(line.slice(9), 'latin1');
  return line.slice(0, 9) === `${checksum(bytes)} ` ? (JSON.parse(bytes.toString()) as Step) : undefined;
};

const apply = (entries: Entries, step: Step): void => {
  if (step[0] === 'add') entries.add(step[1]);
  else if (step[0] === 'update') entries.update(step[1]);
  else if (step[0] === 'remove') entries.remove(step[1]);
  else entries.clear(step[1]);
};
