import type { Timers } from '#app/application/ports/timers.ts';

/** Time that passes when the test says so. */
export class ManualTimers implements Timers {
  #now = 0;
  #pending: { readonly at: number; readonly work: () => void }[] = [];

  /** How many are still to come. */
  get size(): number {
    return this.#pending.length;
  }

  after(ms: number, work: () => void): () => void {
    const entry = { at: this.#now + ms, work };
    this.#pending.push(entry);
    return () => {
      this.#pending = this.#pending.filter((other) => other !== entry);
    };
  }

  /** Runs what is due, and lets what it began go on. */
  async pass(ms: number): Promise<void> {
    this.#now += ms;
    const due = this.#pending.filter(({ at }) => at <= this.#now).toSorted((a, b) => a.at - b.at);
    this.#pending = this.#pending.filter((entry) => !due.includes(entry));
    for (const { work } of due) work();
    await settle();
  }
}

/** Lets everything go on that waits for nothing but its turn. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
