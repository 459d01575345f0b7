import type { MessageRow } from '../generated/catalogue.ts';

/** Beyond it the oldest are given up: a hole that large is a gap. */
const MOST_WAITING = 5_000;

/** Passes on each message of a conversation once, in the order of the log, from a certain one on. */
export class News {
  readonly #waiting = new Map<number, MessageRow>();
  /** The next to be passed on. */
  #next = Infinity;

  constructor(private readonly pass: (row: MessageRow) => void) {}

  /** Where the next one will be; Infinity before `from`. */
  get next(): number {
    return this.#next;
  }

  /** From this one on. What came before that was said waits. */
  from(seq: number): void {
    this.#next = seq;
    for (const before of this.#waiting.keys()) if (before < seq) this.#waiting.delete(before);
    this.#drain();
  }

  message(row: MessageRow): void {
    if (row.seq < this.#next && this.#next !== Infinity) return;
    if (row.rev <= (this.#waiting.get(row.seq)?.rev ?? 0)) return;
    this.#waiting.set(row.seq, row);
    if (this.#waiting.size > MOST_WAITING) this.#next = Math.min(...this.#waiting.keys());
    this.#drain();
  }

  #drain(): void {
    for (let row = this.#waiting.get(this.#next); row; row = this.#waiting.get(this.#next)) {
      this.#waiting.delete(this.#next++);
      this.pass(row);
    }
  }
}
