import type { BlockChanged, MembershipChanged, ReceiptChanged } from '#app/domain/chat/chat-events.ts';
import type { OwnMembership } from '#app/domain/chat/membership.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';

export interface MarkResult {
  readonly membership: OwnMembership;
  /** Undefined when the cursor already stood there or further: nothing changed. */
  readonly changed: { readonly receipt: ReceiptChanged; readonly own: MembershipChanged | undefined } | undefined;
  /** How many members the conversation has: receipts of large ones are not announced live. */
  readonly memberCount: number;
}

/** Everything that only one user sees; each change takes their next `urev`. All throw `not_found` for one who is no member. */
export interface OwnState {
  /** Moves the read cursor (and with it the delivery cursor) forward, clamped to the head; never back. */
  markRead(userId: UserId, conversationId: ConversationId, seq: Seq): Promise<MarkResult>;
  /** Moves the delivery cursor forward, clamped to the head; takes no `urev`, for it is nobody's own state. */
  markDelivered(userId: UserId, conversationId: ConversationId, seq: Seq): Promise<MarkResult>;
  /** Undefined when nothing differs. A past `mutedUntil` counts as none. */
  setMembership(
    userId: UserId,
    conversationId: ConversationId,
    change: { mutedUntil?: Date | null | undefined; archived?: boolean | undefined },
  ): Promise<{ membership: OwnMembership; changed: MembershipChanged | undefined }>;
}

/** Who wants nothing of whom. */
export interface Blocks {
  /**
   * Stands from the commit on: a private send that is judged later is refused. Undefined when it stood already.
   * @throws Refusal `not_found` for an unknown user
   */
  set(userId: UserId, blockedId: UserId, blocked: boolean): Promise<BlockChanged | undefined>;
  /** By blocked user's id. */
  list(
    userId: UserId,
    page: { limit: number; after?: UserId | undefined },
  ): Promise<readonly { userId: UserId; since: Date }[]>;
}
