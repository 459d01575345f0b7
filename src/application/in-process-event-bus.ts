import type { DomainEvent, EventType } from '#app/domain/shared/domain-event.ts';
import type { EventBus, Listener } from './ports/event-bus.ts';
import type { Journal } from './ports/journal.ts';
import type { Metrics } from './ports/metrics.ts';

interface Entry {
  readonly type: EventType | '*';
  /** Sound, for it is only called with events of `type`. */
  readonly hear: (event: DomainEvent) => void | Promise<void>;
  live: boolean;
}

/** Events that listeners published while an event was on its way; more than this is a loop. */
const MOST_WAITING = 10_000;

/** An event without a listener costs one look into a map, for the hot path publishes whether anybody listens or not. */
export class InProcessEventBus implements EventBus {
  #entries: readonly Entry[] = [];
  /** Made when first asked for, thrown away on every change; so a running delivery keeps the list it began with. */
  #byType = new Map<EventType, readonly Entry[]>();
  #delivering = false;
  #waiting: DomainEvent[] = [];

  constructor(
    private readonly journal: Journal,
    private readonly metrics: Metrics,
  ) {}

  on<T extends EventType>(type: T | '*', listener: Listener<T>): () => void {
    const entry: Entry = { type, hear: listener as Entry['hear'], live: true };
    this.#change([...this.#entries, entry]);
    return () => {
      if (!entry.live) return;
      entry.live = false;
      this.#change(this.#entries.filter((other) => other !== entry));
    };
  }

  /** What a listener publishes follows after the event at hand, in the same tick: all listeners see one order. */
  publish(event: DomainEvent): void {
    const entries = this.#listenersOf(event.type);
    if (entries.length === 0) return;
    if (!this.#delivering) this.#deliverAll(event, entries);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(event);
    else this.#dropped(event);
  }

  hears(type: EventType): boolean {
    return this.#listenersOf(type).length > 0;
  }

  #change(entries: readonly Entry[]): void {
    this.#entries = entries;
    this.#byType = new Map();
  }

  #listenersOf(type: EventType): readonly Entry[] {
    const known = this.#byType.get(type);
    if (known) return known;
    const entries = this.#entries.filter((entry) => entry.type === type || entry.type === '*');
    this.#byType.set(type, entries);
    return entries;
  }

  #deliverAll(event: DomainEvent, entries: readonly Entry[]): void {
    this.#delivering = true;
    try {
      this.#deliver(event, entries);
      for (let next = 0; next < this.#waiting.length; next++) {
        const later = this.#waiting[next]!; // below its length
        this.#deliver(later, this.#listenersOf(later.type));
      }
    } finally {
      if (this.#waiting.length > 0) this.#waiting = [];
      this.#delivering = false;
    }
  }

  #deliver(event: DomainEvent, entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (!entry.live) continue;
      try {
        const result = entry.hear(event);
        if (result !== undefined) Promise.resolve(result).catch((error: unknown) => this.#failed(error, event));
      } catch (error) {
        this.#failed(error, event);
      }
    }
  }

  #failed(error: unknown, { type }: DomainEvent): void {
    const where = `listener of ${type}`;
    const correlationId = this.journal.fault(error, where);
    this.metrics.count('listener_failures_total', { event: type });
    // A listener of errors that fails itself would be told of its own failure, for ever.
    if (type !== 'error.occurred') this.publish({ type: 'error.occurred', correlationId, where });
  }

  #dropped({ type }: DomainEvent): void {
    this.metrics.count('events_dropped_total', { event: type });
  }
}
