import type { Timers } from './ports/timers.ts';

/** Does something again and again, each time so many milliseconds after the last time was over. */
export class Repeating {
  #cancel: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(
    private readonly timers: Timers,
    private readonly ms: number,
    private readonly work: () => Promise<unknown>,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.#later();
  }

  /** Resolves when what is under way is over. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#running;
  }

  #later(): void {
    if (this.#closed) return;
    this.#cancel = this.timers.after(this.ms, () => {
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    try {
      await this.work();
    } catch (error) {
      this.onFault(error);
    } finally {
      this.#later();
    }
  }
}
