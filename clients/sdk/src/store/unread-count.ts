import type { ListedRow, MessageRow } from '../generated/catalogue.ts';
import type { Unread } from '../views.ts';

/** Beyond it nobody counts. */
export const UNREAD_LIMIT = 1_000;
const MOST_LATER = 2 * UNREAD_LIMIT;

/** `exact: false` when only the server can tell. */
type Count = Unread & { readonly exact: boolean };
/** Counts what is held above one `seq` up to another; undefined when not all of it is. */
type Between = (above: number, upTo: number) => number | undefined;

/** Whether a message counts as unread by `me`, when its place is after what they have read. */
export const counts = (row: MessageRow, me: string): boolean => row.deletedAt === undefined && byOthers(row, me);

const byOthers = (row: MessageRow, me: string) => row.senderId !== me && row.type !== 'system';

/**
 * Unread, counted along: what the server counted in a line of the list, and every message since. Exact, unless one has
 * read into the middle of what only the server counted; whoever holds those messages may count them instead.
 */
export const newUnreadCount = (line: ListedRow, me: string) => {
  /** What the server counted, when the conversation stood at `seq` and `rev`: messages above `readSeq`. */
  let base = baseOf(line);
  /** Others' messages above `base.seq`. */
  const later = new Map<number, { readonly rev: number; readonly counts: boolean }>();
  /** Of those that the server counted, deleted since: seq → rev. */
  const deleted = new Map<number, number>();

  const earlier = (readSeq: number, between: Between): Count => {
    const { seq, count, more } = base;
    if (readSeq >= seq) return { count: 0, more: false, exact: true };
    const held = between(readSeq, seq);
    if (held !== undefined) return { count: held, more: false, exact: true };
    const left = Math.max(0, count - deleted.size);
    if (readSeq <= base.readSeq) return { count: left, more, exact: !more || deleted.size === 0 };
    return { count: Math.min(left, seq - readSeq), more, exact: false };
  };

  /** There are so many that the number matters no more. */
  const giveUp = (rev: number): void => {
    base = {
      ...base,
      ...{ seq: Math.max(...later.keys()), rev: Math.max(rev, base.rev) },
      ...{ count: UNREAD_LIMIT, more: true },
    };
    later.clear();
  };

  return {
    /** The server has counted anew. What came since it did still counts along; an older count than the present one is ignored. */
    recount: (line: ListedRow): void => {
      if (line.rev < base.rev) return;
      for (const [seq, { rev, counts }] of later) {
        if (seq > line.seq) continue;
        later.delete(seq);
        if (!counts) deleted.set(seq, rev);
      }
      base = baseOf(line);
      for (const [seq, rev] of deleted) if (rev <= line.rev || seq <= base.readSeq) deleted.delete(seq);
    },
    /** A message as it is now, whichever way it came, however often. */
    message: (row: MessageRow): void => {
      const { seq, rev, deletedAt } = row;
      if (!byOthers(row, me) || seq <= base.readSeq) return;
      if (seq <= base.seq) {
        if (deletedAt !== undefined && rev > base.rev) deleted.set(seq, rev);
      } else if (rev > (later.get(seq)?.rev ?? 0)) {
        later.set(seq, { rev, counts: deletedAt === undefined });
        if (later.size > MOST_LATER) giveUp(rev);
      }
    },
    /** Messages up to `seq` are read for good: they need not be kept in mind. */
    forgetRead: (seq: number): void => {
      if (seq < base.seq) return;
      for (const known of later.keys()) if (known <= seq) later.delete(known);
      deleted.clear();
      base = { ...base, seq, readSeq: seq, count: 0, more: false };
    },
    after: (readSeq: number, between: Between): Count => {
      const known = earlier(readSeq, between);
      let { count } = known;
      for (const [seq, { counts }] of later) if (counts && seq > readSeq) count++;
      return {
        count: Math.min(count, UNREAD_LIMIT),
        more: known.more || count > UNREAD_LIMIT,
        exact: known.exact,
      };
    },
  };
};

const baseOf = ({ seq, rev, membership: { readSeq, unread } }: ListedRow) => ({ seq, rev, readSeq, ...unread });
