/** A node that has not said for so long that it lives is taken for dead, in milliseconds. */
export const NODE_LEASE_MS = 3_000;

/** Which nodes serve this database, kept where the messages are: whoever can commit something is in it. */
export interface NodeDirectory {
  /**
   * Says that this node lives, and answers the incarnations of the others that said so within the lease. The store's clock
   * judges. Rejects when the store is away.
   */
  beat(): Promise<readonly string[]>;
  /** This node is about to end: the others need not wait for its lease. */
  leave(): Promise<void>;
}
