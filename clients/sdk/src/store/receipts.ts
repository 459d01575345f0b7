import type { ReceiptRow } from '../generated/catalogue.ts';
import type { SendState } from '../views.ts';

/** Larger conversations are not followed: nobody tells what changes there. */
export const FOLLOWED_MEMBERS = 100;

/** How far the members have read and received. Numbers only grow, so each is merged by its greatest. */
export class Receipts {
  readonly #of = new Map<string, ReceiptRow>();
  #loaded = false;
  #read = 0;
  #delivered = 0;

  /** @param pair whether there is only one other */
  constructor(
    private readonly me: string,
    private readonly pair: boolean,
  ) {}

  of(userId: string): ReceiptRow | undefined {
    return this.#of.get(userId);
  }

  /** @returns whether something is new */
  merge(row: ReceiptRow): boolean {
    const known = this.#of.get(row.userId);
    const readSeq = Math.max(row.readSeq, known?.readSeq ?? 0);
    const deliveredSeq = Math.max(row.deliveredSeq, readSeq, known?.deliveredSeq ?? 0);
    if (known?.readSeq === readSeq && known.deliveredSeq === deliveredSeq) return false;
    this.#of.set(row.userId, { userId: row.userId, readSeq, deliveredSeq });
    this.#sum();
    return true;
  }

  /** All that there are, just fetched: who is not among them is a member no more. */
  replace(rows: readonly ReceiptRow[]): void {
    const present = new Set(rows.map(({ userId }) => userId));
    for (const userId of this.#of.keys()) if (!present.has(userId)) this.#of.delete(userId);
    for (const row of rows) this.merge(row);
    this.#loaded = true;
    this.#sum();
  }

  left(userId: string): void {
    if (this.#of.delete(userId)) this.#sum();
  }

  /** Of a message of one's own: how far it got with everybody else. */
  stateOf(seq: number): SendState {
    if (seq <= this.#read) return 'read';
    return seq <= this.#delivered ? 'delivered' : 'sent';
  }

  #sum(): void {
    const others = [...this.#of.values()].filter(({ userId }) => userId !== this.me);
    const known = (this.#loaded || this.pair) && others.length > 0;
    this.#read = known ? Math.min(...others.map(({ readSeq }) => readSeq)) : 0;
    this.#delivered = known ? Math.min(...others.map(({ deliveredSeq }) => deliveredSeq)) : 0;
  }
}
