import type { Clock } from './ports/clock.ts';

export interface AvailabilityOptions {
  /** Milliseconds without an answer from the database after which nobody else is to come here. */
  readonly awayMs?: number;
  /** Milliseconds for which it must have answered again until they may. */
  readonly backMs?: number;
}

/** Blips and failovers are sat out: a balancer that turns away whom all nodes would turn away helps nobody. */
const AWAY_MS = 30_000;
const BACK_MS = 5_000;
/** Whoever balances load asks more often than that. */
const ASKS_EVERY_MS = 30_000;

/** Whether load balancers should send newcomers to this node. Those who are here are served in any case. */
export class Availability {
  #draining = false;
  #answering: boolean;
  /** Since when the database has been answering, or not, without a break. */
  #since: number;
  #answers = true;
  #askedAt: number | undefined;

  constructor(
    private readonly clock: Pick<Clock, 'monotonic'>,
    private readonly options: AvailabilityOptions = {},
  ) {
    this.#answering = true;
    this.#since = clock.monotonic();
  }

  /** Told of every look at the database. */
  database(answers: boolean): void {
    if (answers !== this.#answers) this.#since = this.clock.monotonic();
    this.#answers = answers;
    const { awayMs = AWAY_MS, backMs = BACK_MS } = this.options;
    const lasts = this.clock.monotonic() - this.#since;
    if (answers !== this.#answering && lasts >= (answers ? backMs : awayMs)) this.#answering = answers;
  }

  /** No newcomers from now on. */
  drain(): void {
    this.#draining = true;
  }

  /** Whether the database has been away for so long that nobody else is to come here. */
  get away(): boolean {
    return !this.#answering;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Whether somebody asks regularly, and so has to be given time to notice. */
  get watched(): boolean {
    return this.#askedAt !== undefined && this.clock.monotonic() - this.#askedAt <= ASKS_EVERY_MS;
  }

  /** For whoever balances load. `degraded` is ready all the same. */
  asked(degraded: boolean): { readonly ready: boolean; readonly status: 'ok' | 'degraded' | 'away' | 'draining' } {
    this.#askedAt = this.clock.monotonic();
    if (this.#draining) return { ready: false, status: 'draining' };
    if (!this.#answering) return { ready: false, status: 'away' };
    return { ready: true, status: degraded || !this.#answers ? 'degraded' : 'ok' };
  }
}
