const BASE_MS = 500;
const CAP_MS = 30_000;
/** No server may send a client away for longer. */
const LONGEST_WISH_MS = 300_000;

/** How long to wait before the next try: full jitter under a bound that doubles. */
export class Backoff {
  #failures = 0;

  constructor(private readonly random: () => number) {}

  /** The wait after one more failure, in milliseconds; never below what the server asked for, within reason. */
  next(atLeastMs = 0): number {
    const bound = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(this.#failures++, 16));
    return Math.min(Math.max(atLeastMs, 0), LONGEST_WISH_MS) + this.random() * bound;
  }

  /** After a calm time failures count anew. */
  reset(): void {
    this.#failures = 0;
  }
}
