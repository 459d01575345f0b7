import type { Timers } from '../ports/timers.ts';

interface Rest<Part, Value> {
  /** What came since the last flush; undefined when nothing did. */
  waiting: Map<Part, Value> | undefined;
  readonly cancel: () => void;
}

/**
 * Of each key at most one flush within an interval: the first at once, what comes meanwhile together at its end. Holds no
 * more keys than were heard of within the last interval.
 */
export class Coalescer<Key, Part, Value> {
  readonly #resting = new Map<Key, Rest<Part, Value>>();

  constructor(
    private readonly timers: Timers,
    private readonly ms: number,
    private readonly merge: (before: Value, after: Value) => Value,
    private readonly flush: (key: Key, values: ReadonlyMap<Part, Value>) => void,
  ) {}

  get size(): number {
    return this.#resting.size;
  }

  add(key: Key, part: Part, value: Value): void {
    const rest = this.#resting.get(key);
    if (!rest) return this.#let(key, new Map([[part, value]]));
    const before = rest.waiting?.get(part);
    rest.waiting = (rest.waiting ?? new Map()).set(part, before === undefined ? value : this.merge(before, value));
  }

  /** What waits is dropped. */
  close(): void {
    for (const { cancel } of this.#resting.values()) cancel();
    this.#resting.clear();
  }

  #let(key: Key, values: ReadonlyMap<Part, Value>): void {
    const cancel = this.timers.after(this.ms, () => {
      const { waiting } = this.#resting.get(key) ?? {};
      this.#resting.delete(key);
      if (waiting) this.#let(key, waiting);
    });
    this.#resting.set(key, { waiting: undefined, cancel });
    this.flush(key, values);
  }
}
