import type { MessageRow } from '../generated/catalogue.ts';

/** Beyond it the oldest are given up: a hole that large is a gap. */
const MOST_WAITING = 5_000;

/** Passes on each message of a conversation once, in the order of the log, from a certain one on. */
export const newNews = (pass: (row: MessageRow) => void) => {
  const waiting = new Map<number, MessageRow>();
  /** Where the next one will be; Infinity before `from`. */
  let next = Infinity;

  const drain = (): void => {
    for (let row = waiting.get(next); row; row = waiting.get(next)) {
      waiting.delete(next++);
      pass(row);
    }
  };

  return {
    get next(): number {
      return next;
    },
    /** From this one on. What came before that was said waits. */
    from: (seq: number): void => {
      next = seq;
      for (const before of waiting.keys()) if (before < seq) waiting.delete(before);
      drain();
    },
    message: (row: MessageRow): void => {
      if (row.seq < next && next !== Infinity) return;
      if (row.rev <= (waiting.get(row.seq)?.rev ?? 0)) return;
      waiting.set(row.seq, row);
      if (waiting.size > MOST_WAITING) next = Math.min(...waiting.keys());
      drain();
    },
  };
};

export type News = ReturnType<typeof newNews>;
