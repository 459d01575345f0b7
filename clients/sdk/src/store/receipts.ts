import type { ReceiptRow } from '../generated/catalogue.ts';
import type { SendState } from '../views.ts';

/** Larger conversations are not followed: nobody tells what changes there. */
export const FOLLOWED_MEMBERS = 100;

/**
 * How far the members have read and received. Numbers only grow, so each is merged by its greatest.
 * @param pair whether there is only one other
 */
export const newReceipts = (me: string, pair: boolean) => {
  const rows = new Map<string, ReceiptRow>();
  let loaded = false;
  /** By everybody else. */
  let read = 0;
  let delivered = 0;

  const sum = (): void => {
    const others = [...rows.values()].filter(({ userId }) => userId !== me);
    const known = (loaded || pair) && others.length > 0;
    read = known ? Math.min(...others.map(({ readSeq }) => readSeq)) : 0;
    delivered = known ? Math.min(...others.map(({ deliveredSeq }) => deliveredSeq)) : 0;
  };

  /** @returns whether something is new */
  const merge = (row: ReceiptRow): boolean => {
    const { userId } = row;
    const known = rows.get(userId);
    const readSeq = Math.max(row.readSeq, known?.readSeq ?? 0);
    const deliveredSeq = Math.max(row.deliveredSeq, readSeq, known?.deliveredSeq ?? 0);
    if (known?.readSeq === readSeq && known.deliveredSeq === deliveredSeq) return false;
    rows.set(userId, { userId, readSeq, deliveredSeq });
    sum();
    return true;
  };

  return {
    of: (userId: string): ReceiptRow | undefined => rows.get(userId),
    merge,
    /** All that there are, just fetched: who is not among them is a member no more. */
    replace: (all: readonly ReceiptRow[]): void => {
      const present = new Set(all.map(({ userId }) => userId));
      for (const userId of rows.keys()) if (!present.has(userId)) rows.delete(userId);
      all.forEach(merge);
      loaded = true;
      sum();
    },
    left: (userId: string): void => {
      if (rows.delete(userId)) sum();
    },
    /** Of a message of one's own: how far it got with everybody else. */
    stateOf: (seq: number): SendState => (seq <= read ? 'read' : seq <= delivered ? 'delivered' : 'sent'),
  };
};
