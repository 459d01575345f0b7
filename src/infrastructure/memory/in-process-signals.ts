import type { Signal, Signals } from '#app/application/ports/signals.ts';

const MOST_WAITING = 10_000;

/** The signals of a node that is alone. */
export class InProcessSignals implements Signals {
  readonly #ears: ((signal: Signal) => void)[] = [];
  #waiting: Signal[] = [];
  #closed = false;

  constructor(
    /** Told what a listener threw. */
    private readonly fault: (error: unknown) => void,
    /** Told of each signal that found the queue full. */
    private readonly dropped: () => void,
  ) {}

  send(signal: Signal): void {
    if (this.#closed) return;
    if (this.#waiting.length >= MOST_WAITING) return this.dropped();
    if (this.#waiting.length === 0) setImmediate(() => this.#deliver());
    this.#waiting.push(signal);
  }

  /** One that came from another node, now. */
  hear(signal: Signal): void {
    for (const ear of this.#ears) {
      if (this.#closed) return;
      try {
        ear(signal);
      } catch (error) {
        this.fault(error);
      }
    }
  }

  onSignal(hear: (signal: Signal) => void): void {
    this.#ears.push(hear);
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #deliver(): void {
    const signals = this.#waiting;
    this.#waiting = [];
    for (const signal of signals) this.hear(signal);
  }
}
