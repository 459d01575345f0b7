import type { Seq, Urev } from '../shared/counters.ts';
import type { ConversationId, UserId } from '../shared/ids.ts';

/** Up to here unread messages are counted; a number beyond is nobody's to read. */
export const UNREAD_LIMIT = 1_000;

/** Exact up to the limit; `more` says that there are more than `count`. */
export interface Unread {
  readonly count: number;
  readonly more: boolean;
}

/** What only the member sees of a membership, the same on all their devices. */
export interface OwnMembership {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly urev: Urev;
  /** False once they left or were removed; then nothing else counts. */
  readonly member: boolean;
  readonly firstSeq: Seq;
  readonly readSeq: Seq;
  readonly unread: Unread;
  readonly mutedUntil: Date | undefined;
  readonly archived: boolean;
}

/** How far a member has read and received, as other members see it. */
export interface Receipt {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly readSeq: Seq;
  readonly deliveredSeq: Seq;
}
