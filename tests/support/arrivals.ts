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
  #looked: readonly [number, number];
  readonly #ticker = setInterval(() => this.look(), TICK_MS);

  constructor(private readonly now = () => performance.now()) {
    this.#looked = [now(), now()];
  }

  mark(): void {
    // The look after a stall comes before what waited for its end.
    this.#arrivals.push({ since: this.#looked[0], at: this.now() });
  }

  /** Done by itself, as often as this process runs. */
  look(): void {
    this.#looked = [this.#looked[1], this.now()];
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
