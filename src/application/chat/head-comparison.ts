import type { Feed } from '../ports/feed.ts';
import type { Timers } from '../ports/timers.ts';

/** Whether something hinted at a loss, or heads are compared as they always are. */
export type Occasion = 'disturbed' | 'routine';

export interface HeadComparisonOptions {
  readonly onFault: (error: unknown) => void;
  /** The database holds another history than before: nothing that was let out can be compared with what comes. */
  readonly onOtherHistory: () => void;
}

export interface ComparedGate {
  compareHeads(disturbed: boolean): Promise<void>;
  /** What it let out is of a history that the database holds no more. */
  beginAnew(): Promise<void>;
}

const RETRY_MS = 1_000;
/** Between two rounds, so that a lossy hour costs no more than a few rounds a second. */
const REST_MS = 200;

/**
 * Finds what no event told, after a disturbance and now and then in any case. Whoever asks while the database is away has
 * it done when that is back.
 */
export class HeadComparison {
  #epoch: string | undefined;
  /** The gates still count in another history. */
  #stale = false;
  #running = false;
  /** On what occasion it was asked for since the one under way began. */
  #next: Occasion | undefined;
  #closed = false;
  #cancel: (() => void) | undefined;

  constructor(
    private readonly feed: Pick<Feed, 'epoch'>,
    private readonly gates: readonly ComparedGate[],
    private readonly timers: Timers,
    private readonly options: HeadComparisonOptions,
  ) {}

  /** Asked while one is under way, or a moment after, it begins another one when that is over. */
  begin(occasion: Occasion): void {
    if (this.#closed) return;
    if (this.#next !== 'disturbed') this.#next = occasion;
    if (this.#running) return;
    this.#running = true;
    void this.#compare();
  }

  /** Nothing begins any more. */
  close(): void {
    this.#closed = true;
    this.#next = undefined;
    this.#cancel?.();
  }

  async #compare(): Promise<void> {
    try {
      for (let occasion = this.#next; occasion !== undefined; occasion = this.#next) {
        this.#next = undefined;
        await this.#once(occasion === 'disturbed');
        await this.#rest();
      }
      this.#running = false;
    } catch (error) {
      if (this.#closed) return;
      this.#next = 'disturbed'; // who knows what was lost meanwhile
      this.options.onFault(error);
      this.#cancel = this.timers.after(RETRY_MS, () => void this.#compare());
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#closed) this.#cancel = this.timers.after(REST_MS, resolve);
    });
  }

  async #once(disturbed: boolean): Promise<void> {
    const epoch = await this.feed.epoch();
    const other = this.#epoch !== undefined && epoch !== this.#epoch;
    this.#epoch = epoch;
    if (other) this.options.onOtherHistory();
    this.#stale ||= other;
    if (this.#stale) for (const gate of this.gates) await gate.beginAnew();
    this.#stale = false;
    for (const gate of this.gates) await gate.compareHeads(disturbed);
  }
}
