import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';

/**
 * Carries events to every node, this one included. At most once and in no promised order: a hint, never the only copy.
 * Whoever listens repairs from the database by `rev`.
 */
export interface Backplane {
  /** Never throws, never waits, and never calls the subscriber from inside: that comes later. After `close` it does nothing. */
  publish(events: readonly ChatEvent[]): void;
  /**
   * Called for each event, those published here included; one that throws gets the next event all the same. Events of
   * conversations and users that are not `wanted` may be left out. One subscriber per node: a second one is a mistake, and throws.
   */
  subscribe(receive: (event: ChatEvent) => void, wanted?: (topic: ConversationId | UserId) => boolean): void;
  /** Called when events may have been lost: compare heads with the database. Each that was registered is called. */
  onDisturbance(repair: () => void): void;
  /** Something may have been committed that nobody will publish: tells whoever repairs, here and on the other nodes. Never throws. */
  disturb(): void;
  /** Whether what that other node publishes arrives here, as far as this node can know at this moment. */
  hears(incarnation: string): boolean;
  /** From now on nothing arrives. A second call does nothing. */
  close(): Promise<void>;
}
