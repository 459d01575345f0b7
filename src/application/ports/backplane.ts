import type { ChatEvent } from '#app/domain/chat/chat-events.ts';

/**
 * Carries events to every node, this one included. At most once and in no promised order: a hint, never the only copy.
 * Whoever listens repairs from the database by `rev`.
 */
export interface Backplane {
  publish(events: readonly ChatEvent[]): void;
  /** Called for each event, those published here included; one subscriber per node. */
  subscribe(receive: (event: ChatEvent) => void): void;
  /** Called when events may have been lost: compare heads with the database. */
  onDisturbance(repair: () => void): void;
  close(): Promise<void>;
}
