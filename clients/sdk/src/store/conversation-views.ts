import type { ConversationView, MemberView, MessagesView, MessageView, SendState, Unread } from '../views.ts';
import type { Held } from './held.ts';
import { StoredViews } from './message-views.ts';
import { FOLLOWED_MEMBERS } from './receipts.ts';
import { kept } from './same.ts';

interface Made {
  conversation: ConversationView | undefined;
  messages: MessagesView | undefined;
  members: readonly MemberView[] | undefined;
}

const NOBODY: readonly MemberView[] = [];
const NOTHING: Made = { conversation: undefined, messages: undefined, members: undefined };

/** Views of one conversation: made when somebody looks, and the same object as long as they say the same. */
export class ConversationViews {
  readonly #stored: StoredViews;
  /** Valid until something changes. */
  #now: Made = { ...NOTHING };
  /** The last ones. */
  readonly #last: Made = { ...NOTHING };
  #members: ReadonlyMap<string, MemberView> = new Map();

  constructor(me: string) {
    this.#stored = new StoredViews(me);
  }

  outdated(): void {
    this.#now = { ...NOTHING };
  }

  conversation(held: Held, waiting: readonly MessageView[]): ConversationView {
    this.#now.conversation ??= this.#last.conversation = kept(
      this.#last.conversation,
      this.#conversation(held, waiting),
    );
    return this.#now.conversation;
  }

  messages(held: Held, waiting: readonly MessageView[], loading: MessagesView['loading']): MessagesView {
    if (this.#now.messages?.loading === loading) return this.#now.messages;
    const stateOf = statesIn(held);
    const views = held.window.rows.map((row) => this.#stored.of(row, stateOf(row.seq)));
    const messages = kept(this.#last.messages?.messages, [...views, ...waiting]);
    const { complete } = held.window;
    this.#now.messages = this.#last.messages = kept(this.#last.messages, { messages, loading, complete });
    return this.#now.messages;
  }

  members(held: Held): readonly MemberView[] {
    if (!held.membersLoaded) return NOBODY;
    this.#now.members ??= this.#last.members = kept(this.#last.members, this.#membersOf(held));
    return this.#now.members;
  }

  #conversation(held: Held, waiting: readonly MessageView[]): ConversationView {
    const { conversation, membership, lastMessage, seq } = held;
    const last = lastMessage && this.#stored.of(lastMessage, statesIn(held)(lastMessage.seq));
    return {
      id: conversation.id,
      kind: conversation.kind,
      title: conversation.title,
      otherId: held.otherId,
      role: held.role,
      memberCount: held.memberCount,
      membersCanInvite: conversation.membersCanInvite,
      historyVisible: conversation.historyVisible,
      seq,
      firstSeq: membership.firstSeq,
      readSeq: held.readSeq,
      unread: kept<Unread>(this.#last.conversation?.unread, held.unread),
      mutedUntil: membership.mutedUntil === undefined ? undefined : new Date(membership.mutedUntil),
      archived: membership.archived,
      lastMessage: waiting.at(-1) ?? last,
      activeAt: new Date(Math.max(Date.parse(held.activeAt), waiting.at(-1)?.sentAt.getTime() ?? 0)),
    };
  }

  #membersOf(held: Held): readonly MemberView[] {
    const before = this.#members;
    const now = [...(held.members?.values() ?? [])]
      .filter(({ left }) => !left)
      .toSorted((a, b) => (a.userId < b.userId ? -1 : 1))
      .map(({ userId, role }) => {
        const { readSeq, deliveredSeq } = held.receipts.of(userId) ?? {};
        return kept<MemberView>(before.get(userId), { userId, role, readSeq, deliveredSeq });
      });
    this.#members = new Map(now.map((member) => [member.userId, member]));
    return now;
  }
}

/** Nobody tells how far the members of a large conversation have read. */
const statesIn = (held: Held): ((seq: number) => SendState) =>
  held.memberCount > FOLLOWED_MEMBERS ? () => 'sent' : (seq) => held.receipts.stateOf(seq);
