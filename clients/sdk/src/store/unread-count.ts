import type { ListedRow, MessageRow } from '../generated/catalogue.ts';
import type { Unread } from '../views.ts';

/** Beyond it nobody counts. */
export const UNREAD_LIMIT = 1_000;
const MOST_LATER = 2 * UNREAD_LIMIT;

interface Known {
  readonly rev: number;
  readonly counts: boolean;
}

/** Whether a message counts as unread by `me`, when its place is after what they have read. */
export const counts = (row: MessageRow, me: string): boolean => row.deletedAt === undefined && byOthers(row, me);

const byOthers = (row: MessageRow, me: string) => row.senderId !== me && row.type !== 'system';

/**
 * Unread, counted along: what the server counted in a line of the list, and every message since. Exact, unless one has
 * read into the middle of what only the server counted; whoever holds those messages may count them instead.
 */
export class UnreadCount {
  /** What the server counted, when the conversation stood at `seq` and `rev`: messages above `readSeq`. */
  #base: { readonly seq: number; readonly rev: number; readonly readSeq: number } & Unread;
  /** Others' messages above `#base.seq`. */
  readonly #later = new Map<number, Known>();
  /** Of those that the server counted, deleted since: seq → rev. */
  readonly #deleted = new Map<number, number>();

  constructor(
    line: ListedRow,
    private readonly me: string,
  ) {
    this.#base = baseOf(line);
  }

  /** The server has counted anew. What came since it did still counts along; an older count than the present one is ignored. */
  recount(line: ListedRow): void {
    if (line.rev < this.#base.rev) return;
    for (const [seq, { rev, counts }] of this.#later) {
      if (seq > line.seq) continue;
      this.#later.delete(seq);
      if (!counts) this.#deleted.set(seq, rev);
    }
    this.#base = baseOf(line);
    for (const [seq, rev] of this.#deleted) if (rev <= line.rev || seq <= this.#base.readSeq) this.#deleted.delete(seq);
  }

  /** A message as it is now, whichever way it came, however often. */
  message(row: MessageRow): void {
    if (!byOthers(row, this.me) || row.seq <= this.#base.readSeq) return;
    if (row.seq <= this.#base.seq) {
      if (row.deletedAt !== undefined && row.rev > this.#base.rev) this.#deleted.set(row.seq, row.rev);
    } else if (row.rev > (this.#later.get(row.seq)?.rev ?? 0)) {
      this.#later.set(row.seq, { rev: row.rev, counts: row.deletedAt === undefined });
      if (this.#later.size > MOST_LATER) this.#giveUp(row.rev);
    }
  }

  /** Messages up to `seq` are read for good: they need not be kept in mind. */
  forgetRead(seq: number): void {
    if (seq < this.#base.seq) return;
    for (const later of this.#later.keys()) if (later <= seq) this.#later.delete(later);
    this.#deleted.clear();
    this.#base = { ...this.#base, seq, readSeq: seq, count: 0, more: false };
  }

  /**
   * @param between counts what is held above one `seq` up to another; undefined when not all of it is
   * @returns `exact: false` when only the server can tell
   */
  after(readSeq: number, between: (above: number, upTo: number) => number | undefined): Unread & { exact: boolean } {
    let later = 0;
    for (const [seq, { counts }] of this.#later) if (counts && seq > readSeq) later++;
    const earlier = this.#earlier(readSeq, between);
    const count = earlier.count + later;
    return {
      count: Math.min(count, UNREAD_LIMIT),
      more: earlier.more || count > UNREAD_LIMIT,
      exact: earlier.exact,
    };
  }

  #earlier(readSeq: number, between: (above: number, upTo: number) => number | undefined): Unread & { exact: boolean } {
    const { seq, count, more } = this.#base;
    if (readSeq >= seq) return { count: 0, more: false, exact: true };
    const held = between(readSeq, seq);
    if (held !== undefined) return { count: held, more: false, exact: true };
    const left = Math.max(0, count - this.#deleted.size);
    if (readSeq <= this.#base.readSeq) return { count: left, more, exact: !more || this.#deleted.size === 0 };
    return { count: Math.min(left, seq - readSeq), more, exact: false };
  }

  /** There are so many that the number matters no more. */
  #giveUp(rev: number): void {
    const seq = Math.max(...this.#later.keys());
    this.#later.clear();
    this.#base = { ...this.#base, seq, rev: Math.max(rev, this.#base.rev), count: UNREAD_LIMIT, more: true };
  }
}

const baseOf = ({ seq, rev, membership: { readSeq, unread } }: ListedRow) => ({ seq, rev, readSeq, ...unread });
