import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';

/** Who may see anything of whom, as the database has it at the moment of the question. */
export interface Acquaintances {
  /**
   * Those of `others` (at most 1,000) with whom the user shares a conversation of which both are members now, and between
   * whom and the user no block stands, whoever set it. The same from both sides. Never the user.
   */
  of(userId: UserId, others: readonly UserId[]): Promise<ReadonlySet<UserId>>;
  /** Whether it is a private conversation of two between whom a block stands. False for an unknown one. */
  silenced(conversationId: ConversationId): Promise<boolean>;
}
