import { SendLane } from '#app/application/chat/send-lane.ts';

/**
 * What one connection does to one conversation, in order. Appends enter the log in the order of arrival without awaiting
 * each other; a change (edit, add, …) begins after what came before it ended, and later appends begin after it.
 */
export class Lane {
  readonly sends = new SendLane();
  #appending = 0;
  /** The last change that is waiting or under way. */
  #tail: Promise<unknown> | undefined;
  #quiet: (() => void) | undefined;

  /** Nothing is under way and nothing is held back: the lane can be forgotten. */
  get idle(): boolean {
    return this.#appending === 0 && this.#tail === undefined && this.sends.idle;
  }

  append<T>(work: () => Promise<T>): Promise<T> {
    return this.#tail ? this.#tail.then(() => this.#append(work)) : this.#append(work);
  }

  change<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#tail;
    const run = (async () => {
      if (before) await before;
      if (this.#appending > 0) await new Promise<void>((resolve) => (this.#quiet = resolve));
      return work();
    })();
    const tail: Promise<unknown> = run.then(
      () => this.#done(tail),
      () => this.#done(tail),
    );
    this.#tail = tail;
    return run;
  }

  #append<T>(work: () => Promise<T>): Promise<T> {
    this.#appending++;
    const run = work();
    run.then(this.#appended, this.#appended);
    return run;
  }

  readonly #appended = (): void => {
    if (--this.#appending > 0) return;
    this.#quiet?.();
    this.#quiet = undefined;
  };

  #done(tail: Promise<unknown>): void {
    if (this.#tail === tail) this.#tail = undefined;
  }
}
