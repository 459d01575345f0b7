import type { Availability } from '../availability.ts';
import type { Clock } from '../ports/clock.ts';
import type { Witnesses } from '../ports/witnesses.ts';

export interface SendingOnOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Milliseconds that balancers get to notice that this node is not ready, or who is sent away comes straight back. */
  readonly noticeMs: number;
  /** Other nodes that lived when the database last answered. */
  readonly others: () => number;
  /**
   * Has those who are connected leave one after another; resolves when they have, and never rejects. Once it is called off,
   * only those still leave who were told so.
   */
  readonly leave: (calledOff: AbortSignal) => Promise<unknown>;
}

/**
 * Sends clients on to other nodes when this node alone is cut off from the database. Where nobody has it, sockets stay:
 * nowhere is better. A node that hears nobody takes itself for the one that is cut off, if there were others.
 */
export class SendingOn {
  /** Since when this node has not been ready for want of the database; monotonic. */
  #awaySince: number | undefined;
  #leaving: AbortController | undefined;

  constructor(
    private readonly availability: Pick<Availability, 'away'>,
    private readonly witnesses: Witnesses,
    private readonly options: SendingOnOptions,
  ) {}

  /** To be called with every look at the database, after `availability` was told. Also who came meanwhile is sent on. */
  looked(answers: boolean): void {
    if (answers) {
      this.witnesses.testify();
      this.#leaving?.abort();
    }
    const now = this.options.clock.monotonic();
    this.#awaySince = this.availability.away ? (this.#awaySince ?? now) : undefined;
    if (this.#awaySince === undefined || now - this.#awaySince < this.options.noticeMs) return;
    if (answers || this.#leaving || !this.#alone) return;
    this.#leaving = new AbortController();
    void this.options.leave(this.#leaving.signal).finally(() => (this.#leaving = undefined));
  }

  get #alone(): boolean {
    const elsewhere = this.witnesses.elsewhere();
    return elsewhere === 'answers' || (elsewhere === 'unknown' && this.options.others() > 0);
  }
}
