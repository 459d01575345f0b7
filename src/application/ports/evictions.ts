import type { ConnectionId } from '#app/domain/shared/ids.ts';

/** Asks whichever node has a connection to close it. At most once: a word that gets lost leaves one too many, until the next comes. */
export interface Evictions {
  /** Never throws, and never waits. A second call may be a second word. */
  tell(id: ConnectionId): void;
  /** Called for each connection that another node wants closed and that may be this node's. */
  onTold(close: (id: ConnectionId) => void): void;
}
