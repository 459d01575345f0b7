interface Waiting<Answer> {
  readonly promise: Promise<Answer>;
  readonly settle: (answer: Promise<Answer>) => void;
}

/**
 * One question at a time, about all that was asked for while the one before was under way. So a rush costs few statements and
 * one connection of the pool, and who asks alone waits for nobody.
 */
export class Gathered<Key, Answer> {
  readonly #waiting = new Map<Key, Waiting<Answer>>();
  #asking = false;
  /** Of whoever stands last in the line. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly ask: (keys: readonly Key[]) => Promise<(key: Key) => Answer>,
    /** Keys of one question. */
    private readonly most: number,
  ) {}

  /** What is true after this call. Rejects as the question did that was about it. */
  add(key: Key): Promise<Answer> {
    const known = this.#waiting.get(key);
    if (known) return known.promise;
    const waiting = aWait<Answer>();
    this.#waiting.set(key, waiting);
    this.#last = waiting.promise;
    if (!this.#asking) void this.#askAll();
    return waiting.promise;
  }

  /** Resolves when all that was asked for before the call has been answered, however. */
  async answered(): Promise<void> {
    await this.#last.catch(() => {}); // told to those who asked
  }

  async #askAll(): Promise<void> {
    this.#asking = true;
    await Promise.resolve(); // for those who ask in the same breath
    while (this.#waiting.size > 0) {
      const page = this.#take();
      const asked = this.ask([...page.keys()]);
      for (const [key, { settle }] of page) settle(asked.then((answerOf) => answerOf(key)));
      await asked.catch(() => {}); // told to those who asked
    }
    this.#asking = false;
  }

  #take(): ReadonlyMap<Key, Waiting<Answer>> {
    const page = new Map<Key, Waiting<Answer>>();
    for (const [key, waiting] of this.#waiting) {
      if (page.size === this.most) break;
      this.#waiting.delete(key);
      page.set(key, waiting);
    }
    return page;
  }
}

const aWait = <Answer>(): Waiting<Answer> => {
  let settle: Waiting<Answer>['settle'] = () => {};
  const promise = new Promise<Answer>((resolve) => {
    settle = resolve;
  });
  return { promise, settle };
};
