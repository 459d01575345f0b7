import type { MessageRow } from '../generated/catalogue.ts';
import { Lost } from '../link/failures.ts';
import type { Questions } from '../questions.ts';
import type { MessagesView } from '../views.ts';
import type { Held } from './held.ts';
import { FOLLOWED_MEMBERS } from './receipts.ts';

const PAGE = 50;
const LARGE_PAGE = 100;
/** A list longer than that is none. */
const MOST_PAGES = 1_000;

type Loading = Exclude<MessagesView['loading'], 'closed'>;

export interface Told {
  changed(): void;
  /** Rows of the log have come by a page. */
  found(rows: readonly MessageRow[]): void;
}

/**
 * Fetches what is shown of one conversation, page by page, over however many connections that takes. What was asked of a
 * conversation that began anew meanwhile ends with Lost: then it is asked for again.
 */
export const newPages = (conversationId: string, questions: Questions, current: () => Held | undefined, told: Told) => {
  let loading: Loading = 'idle';
  let olderPage: Promise<void> | undefined;
  let receiptsOf: Held | undefined;
  let receiptsAgain = false;

  /** A page of the log. Of a conversation that began anew meanwhile nothing is told. */
  const page = async (held: Held, now: 'first' | 'older', where: { readonly before?: number }): Promise<void> => {
    const wanted = () => current() === held;
    const tell = (is: Loading) => {
      if (!wanted()) return;
      loading = is;
      told.changed();
    };
    tell(now);
    try {
      const { messages, more } = await questions.ask(
        'message.history',
        { conversationId, limit: PAGE, ...where },
        wanted,
      );
      if (!wanted()) throw new Lost('it has begun anew');
      messages.forEach(held.message);
      told.found(messages);
      held.window[now === 'first' ? 'begin' : 'older'](messages, more, held.membership.firstSeq);
      tell('idle');
    } catch (error) {
      tell('failed');
      throw error;
    }
  };

  return {
    get loading(): Loading {
      return loading;
    },
    /** The newest page. */
    first: (held: Held): Promise<void> => page(held, 'first', {}),
    /** The page below the window. */
    older: async (): Promise<void> => {
      const held = current();
      if (!held?.window.loaded || held.window.complete) return;
      olderPage ??= page(held, 'older', { before: held.window.lowest }).finally(() => (olderPage = undefined));
      await olderPage;
    },
    /** All members. Rows that come live meanwhile are newer than those of the pages. */
    members: async (held: Held): Promise<void> => {
      held.members ??= new Map();
      let after: string | undefined;
      for (let pages = 0; pages < MOST_PAGES; pages++) {
        const input = { conversationId, limit: LARGE_PAGE, ...(after !== undefined && { after }) };
        const { members, more } = await questions.ask('member.list', input, () => current() === held);
        members.forEach(held.member);
        after = members.at(-1)?.userId;
        if (!more || after === undefined) break;
      }
      held.membersLoaded = true;
      told.changed();
    },
    /** How far the others have read, where that is followed. Asked again if something happened meanwhile. */
    receipts: async (held: Held): Promise<void> => {
      if (held.memberCount > FOLLOWED_MEMBERS) return;
      receiptsAgain = receiptsOf === held;
      if (receiptsAgain) return;
      receiptsOf = held;
      try {
        do {
          receiptsAgain = false;
          const input = { conversationId, limit: LARGE_PAGE };
          const { receipts } = await questions.ask('conversation.receipts', input, () => current() === held);
          held.receipts.replace(receipts);
          told.changed();
        } while (receiptsAgain);
      } finally {
        if (receiptsOf === held) receiptsOf = undefined;
      }
    },
  };
};
