interface Ahead {
  readonly count: number;
  readonly apply: () => void;
}

/** Beyond it the furthest are dropped: `sync` brings them. */
const MOST_AHEAD = 1_000;

/** Rules 1 to 3 of events: what counts is applied once, in the order of its counter, without a hole. */
export class Gate {
  #ahead: Ahead[] = [];

  /** @param cursor up to which everything is applied */
  constructor(public cursor: number) {}

  /** Something came whose turn has not. */
  get waits(): boolean {
    return this.#ahead.length > 0;
  }

  take(count: number, apply: () => void): void {
    if (count <= this.cursor) return;
    if (count > this.cursor + 1) return this.#hold({ count, apply });
    apply();
    this.cursor = count;
    this.#release();
  }

  /** Everything up to there is known by another way. */
  advance(to: number): void {
    this.cursor = Math.max(this.cursor, to);
    this.#release();
  }

  /** What waits is of another connection, or another history. */
  forgetAhead(): void {
    this.#ahead = [];
  }

  #hold(one: Ahead): void {
    this.#ahead.push(one);
    this.#ahead.sort((a, b) => a.count - b.count);
    if (this.#ahead.length > MOST_AHEAD) this.#ahead.pop();
  }

  #release(): void {
    while (this.#ahead[0] && this.#ahead[0].count <= this.cursor + 1) {
      const { count, apply } = this.#ahead.shift()!; // just looked at
      if (count <= this.cursor) continue;
      apply();
      this.cursor = count;
    }
  }
}
