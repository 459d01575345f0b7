const EVERY_MS = 20;

/**
 * How late this process comes to its timers. (Node's own histogram forgets what happens between a reset and the next look,
 * which is where a stall right after a heartbeat would fall.)
 */
export class EventLoopLag {
  #last: number;
  #worst = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(private readonly monotonic = () => performance.now()) {
    this.#last = monotonic();
    this.#timer = setInterval(() => this.#look(), EVERY_MS).unref();
  }

  /** The worst delay since the last call, in milliseconds. */
  takeMs(): number {
    this.#look();
    const worst = this.#worst;
    this.#worst = 0;
    return worst;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = this.monotonic();
    this.#worst = Math.max(this.#worst, now - this.#last - EVERY_MS);
    this.#last = now;
  }
}
