import type { DeviceInfo } from '#app/domain/connection/device-info.ts';
import type { ConnectionId, SessionId, UserId } from '#app/domain/shared/ids.ts';

/** An authenticated connection, as all nodes know it. */
export interface RegisteredConnection {
  readonly id: ConnectionId;
  readonly userId: UserId;
  readonly sessionId: SessionId | undefined;
  readonly device: DeviceInfo | undefined;
  /** Epoch milliseconds by the clock of its node. */
  readonly openedAt: number;
}

/**
 * Who is connected to which node. Each node writes its own connections and reads everybody's. What a node that died wrote is
 * nobody's after its lease. Nothing here is the only copy: when the store lost it, each node writes its own again.
 * Methods reject when the store can't be asked; what a node wrote meanwhile is written when it can.
 */
export interface ConnectionRegistry {
  /** Of all living nodes, in no order; ones that come and go meanwhile may be missed or still be told. */
  all(): AsyncIterable<RegisteredConnection>;
  exist(id: ConnectionId): Promise<boolean>;
  /** One of this node's. Inserting it again replaces it. */
  insert(connection: RegisteredConnection): Promise<void>;
  /** Answers false, and changes nothing, when this node has no such connection. */
  update(connection: RegisteredConnection): Promise<boolean>;
  /** Answers false when this node had no such connection. */
  remove(id: ConnectionId): Promise<boolean>;
  /**
   * On all living nodes, the oldest first; those opened at the same time by id. All nodes see one order. What this node was told to
   * write before the call is in it; of two nodes that write and then ask, at least one sees both.
   */
  ofUser(userId: UserId): Promise<readonly RegisteredConnection[]>;
}
