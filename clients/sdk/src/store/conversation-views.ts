import type { ConversationView, MemberView, MessagesView, MessageView, SendState, Unread } from '../views.ts';
import type { Held } from './held.ts';
import { newStoredViews } from './message-views.ts';
import { FOLLOWED_MEMBERS } from './receipts.ts';
import { kept } from './same.ts';

const NOBODY: readonly MemberView[] = [];

/** Views of one conversation: made when somebody looks, and the same object as long as they say the same. */
export const newConversationViews = (me: string, wasResent: (id: string) => boolean) => {
  const stored = newStoredViews(me, wasResent);
  const conversation = newView<ConversationView>();
  const messages = newView<MessagesView>();
  const members = newView<readonly MemberView[]>();
  let known: ReadonlyMap<string, MemberView> = new Map();

  const conversationOf = (held: Held, waiting: readonly MessageView[]): ConversationView => {
    const { membership, lastMessage, otherId, role, memberCount, seq, readSeq } = held;
    const { id, kind, title, membersCanInvite, historyVisible } = held.conversation;
    const { firstSeq, mutedUntil, archived } = membership;
    const last = waiting.at(-1);
    return {
      ...{ id, kind, title, otherId, role, memberCount, membersCanInvite, historyVisible },
      ...{ seq, firstSeq, readSeq, archived },
      unread: kept<Unread>(conversation.last()?.unread, held.unread),
      mutedUntil: mutedUntil === undefined ? undefined : new Date(mutedUntil),
      lastMessage: last ?? (lastMessage && stored(lastMessage, stateIn(held, lastMessage.seq))),
      activeAt: new Date(Math.max(Date.parse(held.activeAt), last?.sentAt.getTime() ?? 0)),
    };
  };

  const membersOf = (held: Held): readonly MemberView[] => {
    const now = [...(held.members?.values() ?? [])]
      .filter(({ left }) => !left)
      .toSorted((a, b) => (a.userId < b.userId ? -1 : 1))
      .map(({ userId, role }) => {
        const { readSeq, deliveredSeq } = held.receipts.of(userId) ?? {};
        return kept<MemberView>(known.get(userId), { userId, role, readSeq, deliveredSeq });
      });
    known = new Map(now.map((member) => [member.userId, member]));
    return now;
  };

  return {
    outdated: (): void => {
      conversation.outdated();
      messages.outdated();
      members.outdated();
    },
    conversation: (held: Held, waiting: readonly MessageView[]) =>
      conversation.now(() => conversationOf(held, waiting)),
    messages: (held: Held, waiting: readonly MessageView[], loading: MessagesView['loading']) => {
      if (messages.last()?.loading !== loading) messages.outdated();
      return messages.now(() => {
        const views = held.window.rows.map((row) => stored(row, stateIn(held, row.seq)));
        const { complete } = held.window;
        return { messages: kept(messages.last()?.messages, [...views, ...waiting]), loading, complete };
      });
    },
    members: (held: Held) => (held.membersLoaded ? members.now(() => membersOf(held)) : NOBODY),
  };
};

/** What is made when somebody looks, valid until something changes. */
const newView = <View extends object>() => {
  let last: View | undefined;
  let valid = false;
  return {
    last: () => last,
    outdated: (): void => {
      valid = false;
    },
    now: (make: () => View): View => {
      if (!last || !valid) last = kept(last, make());
      valid = true;
      return last;
    },
  };
};

/** Nobody tells how far the members of a large conversation have read. */
const stateIn = ({ memberCount, receipts }: Held, seq: number): SendState =>
  memberCount > FOLLOWED_MEMBERS ? 'sent' : receipts.stateOf(seq);
