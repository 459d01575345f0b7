import type { Candidate, Conversation, ConversationKind, Policies } from '#app/domain/chat/conversation.ts';
import type { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import type { ConversationCreated, ConversationEvent, UserEvent } from '#app/domain/chat/chat-events.ts';
import type { Message } from '#app/domain/chat/message.ts';
import type { Participant } from '#app/domain/chat/participant.ts';
import type { Stamp } from '#app/domain/chat/stamp.ts';
import type { ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';

/** What a change needs to see besides the conversation and who acts. */
export interface ChangeNeeds {
  readonly actorId: UserId;
  /**
   * Whom it is about; unknown users, and disabled ones who are no members now, are missing in
   * `LockedConversation.candidates`, which is in this order. At most 200.
   */
  readonly users?: readonly UserId[];
  readonly messageId?: MessageId;
}

/** A conversation whose row is locked, with what was asked for, all of it read after the lock. */
export interface LockedConversation {
  readonly conversation: Conversation;
  /** Proof that the actor is a member now. */
  readonly actor: Participant;
  /** How many members are owners. */
  readonly owners: number;
  readonly candidates: ReadonlyMap<UserId, Candidate>;
  /** Undefined when there is none with this id, or the actor may not see it. */
  readonly message: Message | undefined;
  /** What the change gets if it is made. */
  readonly stamp: Stamp;
}

/** What a decision asks to be stored, all of it under the one `rev` of the stamp. */
export interface Change {
  readonly event: ConversationEvent['type'];
  readonly conversation?: Conversation | undefined;
  /** Rows to insert or update. */
  readonly members?: readonly Participant[];
  /** Edited or deleted (its `seq` exists), or a new notice (its `seq` is the stamp's). */
  readonly message?: Message | undefined;
}

/** What happened, to be announced after the commit, in this order. */
export interface Changed {
  readonly event: ConversationEvent;
  /** What it changed for single users: memberships that began or ended. */
  readonly userEvents: readonly UserEvent[];
}

export interface NewGroup {
  readonly id: ConversationId;
  readonly title: ConversationTitle;
  readonly policies: Policies;
  readonly creatorId: UserId;
  /** Besides the creator; at most 200, each once. */
  readonly users: readonly UserId[];
  /** For the entry that opens the log. */
  readonly noticeId: MessageId;
}

export interface Opened {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  /** Undefined when it existed already. */
  readonly created: (Changed & { readonly event: ConversationCreated }) | undefined;
}

/** Every change of a conversation but the appending of messages. */
export interface Conversations {
  /**
   * Read-modify-write under the conversation's lock, in one transaction. `decide` is synchronous, so that nothing remote
   * creeps into the lock; it throws a refusal to leave all as it was, or returns undefined when nothing is to change
   * (then no `rev` is taken).
   * @throws Refusal `not_found` when there is no such conversation or the actor is no member; `unavailable` when the lock or
   * the database can't be had in time
   */
  change(
    id: ConversationId,
    needs: ChangeNeeds,
    decide: (locked: LockedConversation) => Change | undefined,
  ): Promise<Changed | undefined>;

  /**
   * Idempotent by id: the same creator gets the group that exists, whatever the rest says.
   * @throws Refusal `conflict` when somebody else's conversation has the id, `not_found` for unknown users, `forbidden`
   * when a block stands between the creator and one of them
   */
  createGroup(group: NewGroup): Promise<Opened>;

  /**
   * The one private conversation of two users, made if there is none; `id` is used only then. A hundred parallel calls make one.
   * @throws Refusal `not_found` when `otherId` is unknown or disabled; when it must be made: `forbidden` if a block stands
   * between them, `conflict` if another conversation has the id
   */
  openPrivate(id: ConversationId, userId: UserId, otherId: UserId): Promise<Opened>;

  /** The private conversation of two users, if they have one; in whichever order they are given. */
  privateOf(userId: UserId, otherId: UserId): Promise<ConversationId | undefined>;

  /** Those of at most 201 users who are members of `limit` conversations or more now. */
  full(users: readonly UserId[], limit: number): Promise<ReadonlySet<UserId>>;
}
