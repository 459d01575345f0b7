/** Finer than any slot that is measured by it would do harm to. */
const TICK_MS = 5;

interface Arrival {
  /** When this process last looked before it: it came no sooner. */
  readonly since: number;
  readonly at: number;
}

/**
 * Counts how close together things happen. What a process that stood still finds when it runs again seems to have come at
 * once, and may have come at any time since it last looked: only what surely came within a window is counted there.
 */
export class Arrivals {
  #arrivals: Arrival[] = [];
  #looked: readonly [number, number] = [performance.now(), performance.now()];
  readonly #ticker = setInterval(() => (this.#looked = [this.#looked[1], performance.now()]), TICK_MS);

  mark(): void {
    // The tick after a stall comes before what waited for its end.
    this.#arrivals.push({ since: this.#looked[0], at: performance.now() });
  }

  get count(): number {
    return this.#arrivals.length;
  }

  /** The most that came within any window of so long; from here on they are counted anew. */
  takePeak(windowMs: number): number {
    const arrivals = this.#arrivals;
    this.#arrivals = [];
    let [peak, from] = [0, 0];
    for (const [to, { at }] of arrivals.entries()) {
      while (from <= to && at - arrivals[from]!.since > windowMs) from++; // at or before `to`
      peak = Math.max(peak, to - from + 1);
    }
    return peak;
  }

  stop(): void {
    clearInterval(this.#ticker);
  }
}
