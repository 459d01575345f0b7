import { Backoff } from '../link/backoff.ts';
import type { MessageView } from '../views.ts';
import { waitingView } from '../store/message-views.ts';
import type { OutboxEntry } from './outbox-storage.ts';

/**
 * `storing`: not durable yet, so not to be sent. `sending`: on its way, not known to be stored. `acked`: stored by the
 * server, and its row is still to come.
 */
export type Phase = 'storing' | 'queued' | 'sending' | 'acked' | 'failed';

/** What the server said of a message that it has stored. */
export interface Ack {
  readonly seq: number;
  readonly rev: number;
  readonly sentAt: string;
}

/** A message that is not in the log yet, as far as is known. */
export class Pending {
  #view: MessageView | undefined;
  #phase: Phase;
  ack: Ack | undefined;
  /** The server had a fault over it so often. */
  faults = 0;

  constructor(
    public entry: OutboxEntry,
    phase: Phase,
  ) {
    this.#phase = phase;
  }

  get phase(): Phase {
    return this.#phase;
  }

  set phase(phase: Phase) {
    this.#phase = phase;
    this.#view = undefined;
  }

  get view(): MessageView {
    return (this.#view ??= waitingView(this.entry, this.ack));
  }
}

/** What waits to go to one conversation, in the order in which it was written. */
export class Queue {
  readonly entries: Pending[] = [];
  inFlight = 0;
  /** Something ended without an answer: nothing more goes out until all else is answered, then from the oldest on. */
  broken = false;
  /** How long to rest then, at least; undefined when it need not. */
  restMs: number | undefined;
  readonly backoff: Backoff;
  /** Rests before the next try; calls that off. */
  resting: (() => void) | undefined;
  #views: readonly MessageView[] | undefined;

  constructor(random: () => number) {
    this.backoff = new Backoff(random);
  }

  /** The oldest that has not gone out; nothing while an older one is not durable yet. */
  get next(): Pending | undefined {
    const next = this.entries.find(({ phase }) => phase === 'storing' || phase === 'queued');
    return next?.phase === 'queued' ? next : undefined;
  }

  get views(): readonly MessageView[] {
    return (this.#views ??= this.entries.map(({ view }) => view));
  }

  changed(): void {
    this.#views = undefined;
  }

  remove(pending: Pending): void {
    const at = this.entries.indexOf(pending);
    if (at >= 0) this.entries.splice(at, 1);
    this.changed();
  }

  /** What is in the store stands in its order; what is not stored yet comes after. */
  arrange(places: ReadonlyMap<string, number>): void {
    this.entries.sort((a, b) => (places.get(a.entry.id) ?? Infinity) - (places.get(b.entry.id) ?? Infinity) || 0);
    this.changed();
  }
}
