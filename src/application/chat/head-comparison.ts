import type { Feed } from '../ports/feed.ts';
import type { Timers } from '../ports/timers.ts';

export interface HeadComparisonOptions {
  readonly onFault: (error: unknown) => void;
  /** The database holds another history than before: nothing that was let out can be compared with what comes. */
  readonly onOtherHistory: () => void;
}

const RETRY_MS = 1_000;

/**
 * Finds what no event told, after a disturbance and now and then in any case. Whoever asks while the database is away has
 * it done when that is back.
 */
export class HeadComparison {
  #epoch: string | undefined;
  #running = false;
  #again = false;
  #closed = false;
  #cancel: (() => void) | undefined;

  constructor(
    private readonly feed: Pick<Feed, 'epoch'>,
    private readonly gates: readonly { compareHeads(): Promise<void> }[],
    private readonly timers: Timers,
    private readonly options: HeadComparisonOptions,
  ) {}

  /** Asked while one is under way, it begins another one after it. */
  begin(): void {
    this.#again = this.#running;
    if (this.#running || this.#closed) return;
    this.#running = true;
    void this.#compare();
  }

  /** Nothing begins any more. */
  close(): void {
    this.#closed = true;
    this.#again = false;
    this.#cancel?.();
  }

  async #compare(): Promise<void> {
    try {
      do {
        this.#again = false;
        await this.#once();
      } while (this.#again);
      this.#running = false;
    } catch (error) {
      if (this.#closed) return;
      this.options.onFault(error);
      this.#cancel = this.timers.after(RETRY_MS, () => void this.#compare());
    }
  }

  async #once(): Promise<void> {
    const epoch = await this.feed.epoch();
    const other = this.#epoch !== undefined && epoch !== this.#epoch;
    this.#epoch = epoch;
    if (other) this.options.onOtherHistory();
    for (const gate of this.gates) await gate.compareHeads();
  }
}
