import type { DeviceStatus } from '#app/domain/connection/presence.ts';
import type { UserId } from '#app/domain/shared/ids.ts';

/**
 * Which users are there, over all living nodes. Each node writes its own users and reads everybody's. Nothing here is the
 * only copy: what the store lost, its node writes again; what a node wrote that died counts until its lease ends, 10 s
 * after it was last heard of.
 */
export interface PresenceStore {
  /**
   * A user is on this node with this status over the devices here; undefined: no longer. The last call counts, and stands for
   * this node at once. Rejects when others can't be told now; they are when that is possible again.
   */
  set(userId: UserId, status: DeviceStatus | undefined): Promise<void>;
  /** Over all nodes; who is nowhere is missing. At most 1,000 at once. Rejects when the others' can't be read, or may not all be written. */
  read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, DeviceStatus>>;
  /** Called when anybody's may have changed without a word: nodes came or went, or the store forgot. Each that was registered is called. */
  onUpset(look: () => void): void;
}
