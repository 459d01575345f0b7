import type { Backplane } from '#app/application/ports/backplane.ts';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';

/** The backplane of a node that is alone. Loses nothing and keeps the order, which nobody may rely on. */
export class MemoryBackplane implements Backplane {
  #receive: ((event: ChatEvent) => void) | undefined;
  readonly #repairs: (() => void)[] = [];
  #waiting: ChatEvent[] = [];
  #closed = false;

  constructor(
    /** Told what a subscriber threw. */
    private readonly fault: (error: unknown) => void,
  ) {}

  /** Delivered when this turn's acks are out, as over a network: whoever publishes is never re-entered, and senders wait for nobody's fan-out. */
  publish(events: readonly ChatEvent[]): void {
    if (this.#closed || events.length === 0) return;
    if (this.#waiting.length === 0) setImmediate(() => this.#deliver());
    for (const event of events) this.#waiting.push(event);
  }

  subscribe(receive: (event: ChatEvent) => void): void {
    if (this.#receive) throw new Error('the backplane has its subscriber already');
    this.#receive = receive;
  }

  onDisturbance(repair: () => void): void {
    this.#repairs.push(repair);
  }

  disturb(): void {
    if (this.#closed) return;
    for (const repair of this.#repairs) this.#safely(repair);
  }

  /** There is no way to others. */
  hears(): boolean {
    return false;
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#waiting = [];
    return Promise.resolve();
  }

  #deliver(): void {
    const events = this.#waiting;
    this.#waiting = [];
    for (const event of events) {
      if (this.#closed) return;
      const receive = this.#receive;
      if (receive) this.#safely(() => receive(event));
    }
  }

  #safely(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.fault(error);
    }
  }
}
