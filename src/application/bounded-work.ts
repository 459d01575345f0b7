/** At most `atOnce` tasks run, at most `waiting` wait, in the order in which they came; further ones are refused at once. */
export class BoundedWork {
  #running = 0;
  readonly #line: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly waiting: number,
    private readonly full: () => Error,
  ) {}

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#running < this.atOnce) this.#running += 1;
    else if (this.#line.length >= this.waiting) throw this.full();
    // Whoever ends hands its place on, so nobody can slip in between.
    else await new Promise<void>((start) => this.#line.push(start));
    try {
      return await task();
    } finally {
      const next = this.#line.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
