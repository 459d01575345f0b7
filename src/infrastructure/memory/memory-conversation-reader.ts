import type {
  ConversationReader,
  ListCursor,
  ListedConversation,
  ReadAccess,
} from '#app/application/ports/conversation-reader.ts';
import { ConversationKind } from '#app/domain/chat/conversation.ts';
import type { Receipt } from '#app/domain/chat/membership.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import {
  activeMembers,
  type ConversationRow,
  isActive,
  type MemberRow,
  type MemoryStore,
  ownMembership,
  receiptOf,
} from './memory-store.ts';

export class MemoryConversationReader implements ConversationReader {
  constructor(private readonly store: MemoryStore) {}

  async access(conversationId: ConversationId, userId: UserId): Promise<ReadAccess> {
    const { role, firstSeq } = this.store.member(conversationId, userId).member.participant;
    return { conversationId, userId, role, firstSeq };
  }

  async list(userId: UserId, page: { limit: number; after?: ListCursor | undefined; archived: boolean }) {
    return [...this.store.membershipsOf(userId)]
      .filter(({ member }) => isActive(member) && (page.archived || !member.archived))
      .map(({ conversation, member }) => listed(conversation, member))
      .filter((line) => !page.after || later(cursorOf(line), page.after) > 0)
      .toSorted((a, b) => later(cursorOf(a), cursorOf(b)))
      .slice(0, page.limit);
  }

  async get(access: ReadAccess): Promise<ListedConversation> {
    const { conversation, member } = this.#open(access);
    return listed(conversation, member);
  }

  async history(
    access: ReadAccess,
    page: { limit: number; before?: Seq | undefined; after?: Seq | undefined },
  ): Promise<readonly MessageState[]> {
    const { messages } = this.#open(access).conversation;
    const from = Math.max(access.firstSeq - 1, page.after ?? 0);
    const until = page.before === undefined ? messages.length : Math.max(page.before - 1, 0);
    const seen = messages.slice(from, until);
    return (page.after === undefined ? seen.slice(-page.limit) : seen.slice(0, page.limit)).map(({ state }) => state);
  }

  async members(
    access: ReadAccess,
    page: { limit: number; after?: UserId | undefined },
  ): Promise<readonly ParticipantState[]> {
    return this.#membersAfter(access, page.after)
      .slice(0, page.limit)
      .map(({ participant }) => participant);
  }

  async receipts(
    access: ReadAccess,
    page: { limit: number; after?: UserId | undefined; readSince?: Seq | undefined },
  ): Promise<readonly Receipt[]> {
    return this.#membersAfter(access, page.after)
      .filter((member) => page.readSince === undefined || member.readSeq >= page.readSince)
      .slice(0, page.limit)
      .map(receiptOf);
  }

  /** The proof may be older than a removal; nothing is read by one that is. */
  #open({ conversationId, userId }: ReadAccess): { conversation: ConversationRow; member: MemberRow } {
    return this.store.member(conversationId, userId);
  }

  #membersAfter(access: ReadAccess, after: UserId | undefined): readonly MemberRow[] {
    return activeMembers(this.#open(access).conversation).filter(
      ({ participant }) => after === undefined || participant.userId > after,
    );
  }
}

const listed = (conversation: ConversationRow, member: MemberRow): ListedConversation => {
  const { state, activeAt, members, messages } = conversation;
  const { role, firstSeq, userId } = member.participant;
  const last = messages.at(-1)?.state;
  return {
    conversation: state,
    membership: ownMembership(conversation, member),
    role,
    otherId: state.kind === ConversationKind.Private ? [...members.keys()].find((id) => id !== userId) : undefined,
    lastMessage: last && last.seq >= firstSeq ? last : undefined,
    activeAt,
  };
};

const cursorOf = ({ activeAt, conversation }: ListedConversation): ListCursor => ({ activeAt, id: conversation.id });

/** Latest activity first; of the same moment, the greater id first. */
const later = (a: ListCursor, b: ListCursor): number =>
  b.activeAt.getTime() - a.activeAt.getTime() || (a.id === b.id ? 0 : a.id < b.id ? 1 : -1);
