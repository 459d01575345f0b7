import type { ConversationState } from '#app/domain/chat/conversation.ts';
import type { OwnMembership, Receipt } from '#app/domain/chat/membership.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { Role } from '#app/domain/chat/participant.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';

/** Proof that a user may read a conversation; only the reader hands one out, and every read of content asks for it. */
export interface ReadAccess {
  readonly conversationId: ConversationId;
  readonly userId: UserId;
  readonly role: Role;
  readonly firstSeq: Seq;
}

/** One line of a user's list. */
export interface ListedConversation {
  readonly conversation: ConversationState;
  readonly membership: OwnMembership;
  readonly role: Role;
  /** The other one of a private conversation. */
  readonly otherId: UserId | undefined;
  /** The last message that the user may see. */
  readonly lastMessage: MessageState | undefined;
  readonly activeAt: Date;
}

export interface ListCursor {
  readonly activeAt: Date;
  readonly id: ConversationId;
}

/** Reads in the shape that a screen wants. All see every commit that was acked before they were called. */
export interface ConversationReader {
  /** @throws Refusal `not_found` unless the user is a member now */
  access(conversationId: ConversationId, userId: UserId): Promise<ReadAccess>;
  /** The user's conversations, those with the latest activity first; former ones and, unless asked for, archived ones are left out. */
  list(
    userId: UserId,
    page: { limit: number; after?: ListCursor | undefined; archived: boolean },
  ): Promise<readonly ListedConversation[]>;
  /** One line, by proof. */
  get(access: ReadAccess): Promise<ListedConversation>;
  /** By `seq`, ascending: the last `limit` ones below `before`, or the first ones above `after`, or the newest. Deleted ones are there as tombstones. */
  history(
    access: ReadAccess,
    page: { limit: number; before?: Seq | undefined; after?: Seq | undefined },
  ): Promise<readonly MessageState[]>;
  /** Members of now, by user id. */
  members(
    access: ReadAccess,
    page: { limit: number; after?: UserId | undefined },
  ): Promise<readonly ParticipantState[]>;
  /** Of the members of now, by user id; with `readSince` only those who read that message. */
  receipts(
    access: ReadAccess,
    page: { limit: number; after?: UserId | undefined; readSince?: Seq | undefined },
  ): Promise<readonly Receipt[]>;
}
