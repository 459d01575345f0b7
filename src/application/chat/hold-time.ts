/**
 * How long a hole in the counters is waited for before it is read from the database. An event that comes after it was
 * read back was late and not lost: where nodes are so busy that this happens, reading back only makes them busier, so holes are
 * waited for longer, up to a bound.
 */
export class HoldTime {
  #ms: number;
  /** It proved too short since it was last to relax. */
  #short = false;

  /** In milliseconds; `longest` of no less than `shortest`. */
  constructor(
    private readonly shortest: number,
    private readonly longest: number,
  ) {
    this.#ms = shortest;
  }

  get ms(): number {
    return this.#ms;
  }

  /** What came was waited for so many milliseconds, in vain. Many that say so of one and the same time lengthen it once. */
  wasTooShort(ms: number): void {
    this.#ms = Math.min(this.longest, Math.max(this.#ms, 2 * ms));
    this.#short = true;
  }

  /** To be called now and then: what made events late may be over, if none was late since the last call. */
  relax(): void {
    if (!this.#short) this.#ms = Math.max(this.shortest, this.#ms / 2);
    this.#short = false;
  }
}
