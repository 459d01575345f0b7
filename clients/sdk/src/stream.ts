interface Waiting<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: Error): void;
}

const END = { done: true, value: undefined } as const;

/** What is pushed in, to be taken out in order; bounded. */
export class Stream<T> implements AsyncIterableIterator<T, undefined> {
  readonly #buffer: T[] = [];
  readonly #waiting: Waiting<T>[] = [];
  #ended = false;
  #failure: Error | undefined;

  /** @param ended called once, when it ends from either side */
  constructor(
    private readonly most: number,
    private readonly ended: () => void,
  ) {}

  push(value: T): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting) return waiting.resolve({ done: false, value });
    if (this.#buffer.push(value) <= this.most) return;
    this.#buffer.length = 0;
    this.#failure = new Error(`${this.most} wait to be taken; what came later is lost to this iteration`);
    this.end();
  }

  /** What has come can still be taken. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve(END);
    this.ended();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#buffer.length > 0) return Promise.resolve({ done: false, value: this.#buffer.shift()! }); // it is not empty
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) return Promise.reject(failure);
    if (this.#ended) return Promise.resolve(END);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#buffer.length = 0;
    this.end();
    return Promise.resolve(END);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
