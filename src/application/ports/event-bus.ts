import type { DomainEvent, EventOf, EventType } from '#app/domain/shared/domain-event.ts';

export type Listener<T extends EventType> = (event: EventOf<T>) => void | Promise<void>;

/**
 * Tells listeners of this process what happened, after it happened. Listeners of one type are called in the order of their
 * registration, in the tick of `publish`; one that throws or rejects is logged and counted, and harms nobody. Best effort:
 * what must happen though the process dies is a job, not a listener.
 */
export interface EventBus {
  publish(event: DomainEvent): void;
  /** Whether anybody listens to the type; lets a hot path skip making an event for nobody. */
  hears(type: EventType): boolean;
  /** Returns a function that ends it; `'*'` hears everything. The same listener registered twice is called twice. */
  on<T extends EventType>(type: T | '*', listener: Listener<T>): () => void;
}
