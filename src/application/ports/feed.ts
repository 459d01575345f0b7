import type { BlockChanged, ProfileChanged } from '#app/domain/chat/chat-events.ts';
import type { ConversationState } from '#app/domain/chat/conversation.ts';
import type { OwnMembership } from '#app/domain/chat/membership.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';

/** A row of a conversation in its present state, with the `rev` of its last change. */
export type ChangedRow =
  | { readonly kind: 'message'; readonly rev: Rev; readonly message: MessageState }
  | { readonly kind: 'member'; readonly rev: Rev; readonly member: ParticipantState }
  | { readonly kind: 'conversation'; readonly rev: Rev; readonly conversation: ConversationState };

/** A row of what only a user sees. */
export type ChangedOwnRow =
  | { readonly kind: 'membership'; readonly urev: Urev; readonly membership: OwnMembership }
  | ({ readonly kind: 'block' } & Pick<BlockChanged, 'urev' | 'blockedId' | 'blocked'>)
  | ({ readonly kind: 'profile' } & Pick<ProfileChanged, 'urev' | 'handle' | 'displayName'>);

/** Rows by counter, cut only between two counters: all rows of one `rev` are in one page. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** There are rows up to `upTo` that did not fit. */
  readonly more: boolean;
}

/** A member's place in a conversation at one moment, read in one snapshot. */
export interface Standing {
  readonly conversationId: ConversationId;
  readonly rev: Rev;
  readonly firstSeq: Seq;
  readonly joinedRev: Rev;
}

/** What catching up reads: rows changed after a cursor. Deleted rows are there as tombstones, so nothing goes unnoticed. */
export interface Feed {
  /** Names this history of the database; read anew on each new database connection. */
  epoch(): Promise<string>;
  /** Where the user is a member now; all of them, or those of `only`. Former ones and unknown ones are missing alike. */
  standings(userId: UserId, only?: readonly ConversationId[]): Promise<readonly Standing[]>;
  /** Head revs; unknown ones are missing. At most 1,000 at once. */
  heads(ids: readonly ConversationId[]): Promise<ReadonlyMap<ConversationId, Rev>>;
  /** Heads of what only each user sees; unknown ones are missing. At most 1,000 at once. */
  userHeads(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Urev>>;
  /**
   * Rows with `after < rev ≤ upTo` by `rev`, messages below `firstSeq` left out. At most `limit` rows, or all those of one
   * `rev` if they alone are more.
   */
  changes(
    id: ConversationId,
    range: { after: Rev; upTo: Rev; firstSeq: Seq; limit: number },
  ): Promise<Page<ChangedRow>>;
  /** How many such rows there are, counted up to `most`. */
  countChanges(id: ConversationId, range: { after: Rev; upTo: Rev; firstSeq: Seq }, most: number): Promise<number>;
  ownChanges(userId: UserId, range: { after: Urev; upTo: Urev; limit: number }): Promise<Page<ChangedOwnRow>>;
}
