import type { ChatEvent } from '#app/domain/chat/chat-events.ts';

/**
 * Carries events to every node, this one included. At most once and in no promised order: a hint, never the only copy.
 * Whoever listens repairs from the database by `rev`.
 */
export interface Backplane {
  /** Never throws, and never calls the subscriber from inside: that comes later. After `close` it does nothing. */
  publish(events: readonly ChatEvent[]): void;
  /**
   * Called for each event, those published here included; one that throws gets the next event all the same.
   * One subscriber per node: a second one is a mistake, and throws.
   */
  subscribe(receive: (event: ChatEvent) => void): void;
  /** Called when events may have been lost: compare heads with the database. Each that was registered is called. */
  onDisturbance(repair: () => void): void;
  /** From now on nothing arrives. A second call does nothing. */
  close(): Promise<void>;
}
