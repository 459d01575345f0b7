import type { MessageRow } from '../generated/catalogue.ts';

/** Live messages push the oldest out beyond it; nobody scrolls that far and stays. */
const MOST_ROWS = 50_000;

/** A part of the log without holes that ends with the newest message. Rows are whole and replace older ones (rule 4). */
export class Window {
  readonly #rows = new Map<number, MessageRow>();
  #lowest = Infinity;
  /** The last one behind which nothing is missing. */
  #top = 0;
  /** Nothing older is there. */
  complete = false;

  /** The newest page has come. Before, what is live is kept in mind. */
  get loaded(): boolean {
    return this.#lowest !== Infinity;
  }

  get lowest(): number {
    return this.#lowest;
  }

  get size(): number {
    return this.loaded ? this.#top - this.#lowest + 1 : 0;
  }

  /** @param firstSeq where the log begins for this user */
  begin(page: readonly MessageRow[], more: boolean, firstSeq: number): void {
    for (const row of page) this.#put(row);
    const lowest = page[0]?.seq ?? Math.min(firstSeq, ...this.#rows.keys());
    this.#lowest = lowest;
    this.#top = lowest - 1;
    this.forgetBelow(lowest);
    this.#grow();
    this.complete = !more || lowest <= firstSeq;
  }

  /** The page below the lowest. */
  older(page: readonly MessageRow[], more: boolean, firstSeq: number): void {
    for (const row of page.toReversed()) {
      if (row.seq !== this.#lowest - 1) continue;
      this.#put(row);
      this.#lowest = row.seq;
    }
    this.complete = !more || this.#lowest <= firstSeq;
  }

  /** @returns whether it is one of those that are shown, or will be */
  message(row: MessageRow): boolean {
    if (this.loaded && row.seq < this.#lowest) return false;
    if (!this.#put(row)) return false;
    this.#grow();
    if (this.size > MOST_ROWS) this.trim(MOST_ROWS - 1_000);
    return true;
  }

  at(seq: number): MessageRow | undefined {
    return seq <= this.#top && this.loaded ? this.#rows.get(seq) : undefined;
  }

  find(id: string): MessageRow | undefined {
    for (let seq = this.#top; seq >= this.#lowest; seq--)
      if (this.#rows.get(seq)?.id === id) return this.#rows.get(seq);
    return undefined;
  }

  /** Ascending. */
  get rows(): readonly MessageRow[] {
    return Array.from({ length: this.size }, (_, at) => this.#rows.get(this.#lowest + at)!); // there are no holes
  }

  /** Whether everything above `seq` up to the newest is here. */
  covers(seq: number): boolean {
    return this.loaded && this.#lowest <= seq + 1;
  }

  /** An earlier membership could see them, this one can't. */
  forgetBelow(seq: number): void {
    for (const below of this.#rows.keys()) if (below < seq) this.#rows.delete(below);
    if (!this.loaded || seq <= this.#lowest) return;
    this.#lowest = seq;
    this.#top = Math.max(this.#top, seq - 1);
    this.complete = true;
  }

  /** Keeps the newest. */
  trim(size: number): void {
    if (this.size <= size) return;
    this.forgetBelow(this.#top - size + 1);
    this.complete = false;
  }

  #put(row: MessageRow): boolean {
    if (row.rev <= (this.#rows.get(row.seq)?.rev ?? 0)) return false;
    this.#rows.set(row.seq, row);
    return true;
  }

  #grow(): void {
    if (this.loaded) while (this.#rows.has(this.#top + 1)) this.#top++;
  }
}
