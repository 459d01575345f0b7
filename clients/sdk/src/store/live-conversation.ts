import type { Conversation } from '../conversation.ts';
import { type Deferred, deferred } from '../deferred.ts';
import type { ListedRow, MessageRow } from '../generated/catalogue.ts';
import { Lost, Refused } from '../link/failures.ts';
import type { Link } from '../link/link.ts';
import { newChanges } from '../listeners.ts';
import { newId } from '../new-id.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { demandSendable } from '../outbox/text.ts';
import type { CommandType, InputOf } from '../protocol.ts';
import type { Questions } from '../questions.ts';
import type { Reports } from '../reports.ts';
import type { ConversationView, MemberView, MessagesView, MessageView } from '../views.ts';
import { newConversationViews } from './conversation-views.ts';
import type { Held } from './held.ts';
import { storedView } from './message-views.ts';
import { newPages } from './pages.ts';

/** What serves each conversation. */
export interface Desk {
  readonly me: () => string;
  readonly link: Link;
  readonly questions: Questions;
  readonly outbox: Outbox;
  readonly reports: Reports;
  /** A line of the list that the server answered, not as a list. */
  line(line: ListedRow): void;
}

/** As the client uses it. */
export interface LiveConversation extends Conversation {
  /** What is held of it; nobody but the store changes it. */
  readonly held: Held;
  changed(): void;
  /** It begins anew: what was shown is fetched again. */
  begin(held: Held): void;
  /** Others may have read and received while nobody listened, or there are others. */
  receiptsChanged(): void;
  /** One is no member any more. */
  end(): void;
  viewOf(row: MessageRow): MessageView;
}

/** Of a conversation that nobody looks at. */
const KEPT_CLOSED = 200;
const MOST_PAGES_BACK = 20;
/** Where the server has not said. */
const TEXT_CODE_POINTS = 5_000;

/** @param listed the list shows what has changed */
export const newLiveConversation = (id: string, held: Held, desk: Desk, listed: () => void): LiveConversation => {
  const { link, outbox, reports } = desk;
  const me = desk.me(); // known before the first conversation is
  const changes = newChanges();
  const views = newConversationViews(me, outbox.wasResent);
  // handed out as they are: who does not wait for them need not handle their failure
  let opened: Deferred<void> | undefined;
  let membersWanted: Deferred<void> | undefined;
  let gone = false;

  const changed = (): void => {
    views.outdated();
    changes.tell();
    listed();
  };
  const pages = newPages(id, desk.questions, () => (gone ? undefined : held), {
    changed,
    found: (rows) => {
      for (const row of rows) if (row.senderId === me) outbox.seen(row);
    },
  });

  const viewOf = (row: MessageRow) => storedView(row, me, held.receipts.stateOf(row.seq), outbox.wasResent);
  const find = (messageId: string): MessageView | undefined => {
    const row = held.window.find(messageId);
    return row && viewOf(row);
  };

  /** Fetches something for whoever waits for it. If it began anew meanwhile, it is being fetched anew. */
  const fetch = async (waiting: Deferred<void>, work: (held: Held) => Promise<void>): Promise<void> => {
    const asked = held;
    try {
      await work(asked);
      waiting.resolve();
    } catch (error) {
      if (asked !== held && error instanceof Lost) return;
      waiting.reject(error);
      if (membersWanted === waiting) membersWanted = undefined;
    }
  };
  const receiptsChanged = (): void => {
    if (opened) pages.receipts(held).catch(() => {}); // removed meanwhile, or begun anew: then they are asked for again
  };
  const loadFirst = (): void => {
    if (!opened) return;
    void fetch(opened, async (of) => {
      if (!of.window.loaded) await pages.first(of);
      receiptsChanged();
    });
  };

  const demandText = (text: string) => demandSendable(text, link.welcome?.limits.textCodePoints ?? TEXT_CODE_POINTS);
  /** A command about this conversation. */
  const tell = async <T extends CommandType>(type: T, data: Omit<InputOf<T>, 'conversationId'>): Promise<void> => {
    await link.call(type, { conversationId: id, ...data } as InputOf<T>);
  };

  return {
    id,
    get view(): ConversationView {
      return views.conversation(held, outbox.of(id));
    },
    get messages(): MessagesView {
      const loading = held.window.loaded || opened ? pages.loading : 'closed';
      return views.messages(held, outbox.of(id), loading);
    },
    get members(): readonly MemberView[] {
      return views.members(held);
    },
    get held(): Held {
      return held;
    },
    subscribe: changes.subscribe,

    // What the store tells

    changed,
    begin: (anew) => {
      held = anew;
      held.read = reports.reading(id);
      loadFirst();
      if (membersWanted) void fetch(membersWanted, pages.members);
      changed();
    },
    receiptsChanged,
    end: () => {
      gone = true;
      for (const waiting of [opened, membersWanted]) waiting?.reject(noMember());
      changed();
    },
    viewOf,

    // What the application asks

    open: () => {
      if (gone) return Promise.reject(noMember());
      if (!opened || pages.loading === 'failed') {
        opened = deferred();
        loadFirst();
        changed();
      }
      return opened.promise;
    },
    close: () => {
      opened = undefined;
      // what is unread stays, so that it can be counted from here on
      held.window.trim(Math.max(KEPT_CLOSED, held.seq - held.readSeq));
      changed();
    },
    loadOlder: pages.older,
    loadBackTo: async (seq) => {
      for (let page = 0; page < MOST_PAGES_BACK; page++) {
        const { loaded, lowest, complete } = held.window;
        if (!loaded || lowest <= seq || complete) return;
        await pages.older();
      }
    },
    loadMembers: () => {
      if (gone) return Promise.reject(noMember());
      if (!membersWanted) {
        membersWanted = deferred();
        void fetch(membersWanted, pages.members);
      }
      return membersWanted.promise;
    },

    send: async (text, { replyTo, id: chosen = newId() } = {}) => {
      demandText(text);
      if (gone) throw noMember();
      const messageId = chosen.toLowerCase();
      return (
        find(messageId) ??
        outbox.add({
          ...{ id: messageId, userId: me, conversationId: id, content: text },
          ...(replyTo !== undefined && { replyTo }),
          writtenAt: Date.now(),
        })
      );
    },
    sent: async (messageId) => {
      const found = outbox.sent(messageId) ?? find(messageId);
      if (!found) throw new Refused('not_found', 'no such message waits');
      return found;
    },
    retry: outbox.retry,
    discard: outbox.discard,
    edit: async (messageId, text) => {
      demandText(text);
      return tell('message.edit', { id: messageId, content: text });
    },
    delete: (messageId) => tell('message.delete', { id: messageId }),
    markRead: (seq = held.seq) => {
      const readSeq = Math.min(seq, held.seq);
      if (gone || readSeq <= held.readSeq) return;
      held.read = readSeq;
      reports.read(id, readSeq);
      changed();
    },

    rename: (title) => tell('conversation.update', { title }),
    update: (policies) => tell('conversation.update', policies),
    addMembers: (users) => tell('member.add', { users }),
    removeMember: (userId) => tell('member.remove', { userId }),
    setRole: (userId, role) => tell('member.set_role', { userId, role }),
    leave: () => tell('conversation.leave', {}),
    deleteForEverybody: () => tell('conversation.delete', {}),
    mute: (until) => tell('conversation.settings', { mutedUntil: until ? until.toISOString() : null }),
    archive: (archived) => tell('conversation.settings', { archived }),
  };
};

const noMember = () => new Refused('not_found', 'no member any more');
