import type { MessageRow } from '../generated/catalogue.ts';

/** Live messages push the oldest out beyond it; nobody scrolls that far and stays. */
const MOST_ROWS = 50_000;

/** A part of the log without holes that ends with the newest message. Rows are whole and replace older ones (rule 4). */
export const newWindow = () => {
  const rows = new Map<number, MessageRow>();
  /** Infinity before the newest page has come; until then what is live is kept in mind. */
  let lowest = Infinity;
  /** The last one behind which nothing is missing. */
  let top = 0;
  let complete = false;

  const loaded = () => lowest !== Infinity;
  const size = () => (loaded() ? top - lowest + 1 : 0);
  const put = (row: MessageRow): void => {
    if (row.rev > (rows.get(row.seq)?.rev ?? 0)) rows.set(row.seq, row);
  };
  const grow = (): void => {
    if (loaded()) while (rows.has(top + 1)) top++;
  };

  /** An earlier membership could see them, this one can't. */
  const forgetBelow = (seq: number): void => {
    for (const below of rows.keys()) if (below < seq) rows.delete(below);
    if (!loaded() || seq <= lowest) return;
    lowest = seq;
    top = Math.max(top, seq - 1);
    complete = true;
  };

  /** Keeps the newest. */
  const trim = (most: number): void => {
    if (size() <= most) return;
    forgetBelow(top - most + 1);
    complete = false;
  };

  return {
    get loaded(): boolean {
      return loaded();
    },
    get lowest(): number {
      return lowest;
    },
    /** Nothing older is there. */
    get complete(): boolean {
      return complete;
    },
    get size(): number {
      return size();
    },
    /** Ascending. */
    get rows(): readonly MessageRow[] {
      return Array.from({ length: size() }, (_, at) => rows.get(lowest + at)!); // there are no holes
    },
    /** @param firstSeq where the log begins for this user */
    begin: (page: readonly MessageRow[], more: boolean, firstSeq: number): void => {
      page.forEach(put);
      lowest = page[0]?.seq ?? Math.min(firstSeq, ...rows.keys());
      top = lowest - 1;
      forgetBelow(lowest);
      grow();
      complete = !more || lowest <= firstSeq;
    },
    /** The page below the lowest. */
    older: (page: readonly MessageRow[], more: boolean, firstSeq: number): void => {
      for (const row of page.toReversed()) {
        if (row.seq !== lowest - 1) continue;
        put(row);
        lowest = row.seq;
      }
      complete = !more || lowest <= firstSeq;
    },
    message: (row: MessageRow): void => {
      if (loaded() && row.seq < lowest) return;
      put(row);
      grow();
      if (size() > MOST_ROWS) trim(MOST_ROWS - 1_000);
    },
    at: (seq: number): MessageRow | undefined => (loaded() && seq <= top ? rows.get(seq) : undefined),
    find: (id: string): MessageRow | undefined => {
      for (let seq = top; seq >= lowest; seq--) if (rows.get(seq)?.id === id) return rows.get(seq);
      return undefined;
    },
    /** Whether everything above `seq` up to the newest is here. */
    covers: (seq: number): boolean => loaded() && lowest <= seq + 1,
    forgetBelow,
    trim,
  };
};
