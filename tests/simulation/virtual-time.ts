interface Entry {
  readonly at: number;
  readonly order: number;
  work: (() => void) | undefined;
}

/** Time that passes from one thing that is due to the next, never by itself. Equal moments keep the order of asking. */
export class VirtualTime {
  now = 0;
  /** Things that were done. */
  steps = 0;
  #order = 0;
  /** A heap: each entry is due no later than the two below it. */
  readonly #heap: Entry[] = [];

  /** Runs `work` so many milliseconds from now; what is returned calls it off. */
  after(ms: number, work: () => void): () => void {
    const entry: Entry = { at: this.now + Math.max(0, ms), order: ++this.#order, work };
    this.#push(entry);
    return () => (entry.work = undefined);
  }

  /** Does what is due up to that moment, one thing after another, each to the end of what it sets off. */
  async run(until: number): Promise<void> {
    for (;;) {
      const next = this.#heap[0];
      if (!next || next.at > until) break;
      this.#pop();
      if (!next.work) continue;
      this.now = next.at;
      this.steps++;
      next.work();
      await settled();
    }
    this.now = until;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    for (let above = (at - 1) >> 1; at > 0 && before(entry, heap[above]!); above = (at - 1) >> 1) {
      heap[at] = heap[above]!; // above is in the heap
      at = above;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      let least = left;
      if (right < heap.length && before(heap[right]!, heap[left]!)) least = right; // both are in it
      if (least >= heap.length || !before(heap[least]!, last)) break;
      heap[at] = heap[least]!; // as above
      at = least;
    }
    heap[at] = last;
  }
}

const before = (one: Entry, other: Entry): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** When all promises that wait for nothing but their turn have had it. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
