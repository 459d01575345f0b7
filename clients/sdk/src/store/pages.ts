import type { MemberRow, MessageRow } from '../generated/catalogue.ts';
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

/** Fetches what is shown of one conversation, page by page, over however many connections that takes. */
export class Pages {
  #loading: Loading = 'idle';
  #older: Promise<void> | undefined;
  #receipts: Held | undefined;
  #receiptsAgain = false;

  constructor(
    private readonly id: string,
    private readonly questions: Questions,
    private readonly current: () => Held | undefined,
    private readonly told: {
      readonly changed: () => void;
      /** Rows of the log have come by a page. */
      readonly found: (rows: readonly MessageRow[]) => void;
    },
  ) {}

  get loading(): Loading {
    return this.#loading;
  }

  /** The newest page. @throws Lost when the conversation begins anew meanwhile: then another one is asked for */
  async first(held: Held): Promise<void> {
    await this.#while(held, 'first', async () => {
      const { messages, more } = await this.#history(held, {});
      held.window.begin(messages, more, held.membership.firstSeq);
    });
  }

  /** The page below the window. */
  older(): Promise<void> {
    const held = this.current();
    if (!held?.window.loaded || held.window.complete) return Promise.resolve();
    this.#older ??= this.#while(held, 'older', () => this.#pageBack(held)).finally(() => (this.#older = undefined));
    return this.#older;
  }

  /** All members. Rows that come live meanwhile are newer than those of the pages. */
  async members(held: Held): Promise<void> {
    held.members ??= new Map<string, MemberRow>();
    let after: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { members, more } = await this.questions.ask(
        'member.list',
        { conversationId: this.id, limit: LARGE_PAGE, ...(after !== undefined && { after }) },
        this.#is(held),
      );
      for (const member of members) held.member(member);
      after = members.at(-1)?.userId;
      if (!more || after === undefined) break;
    }
    held.membersLoaded = true;
    this.told.changed();
  }

  /** How far the others have read, where that is followed. Asked again if something happened meanwhile. */
  async receipts(held: Held): Promise<void> {
    if (held.memberCount > FOLLOWED_MEMBERS) return;
    if (this.#receipts === held) this.#receiptsAgain = true;
    if (this.#receipts === held) return;
    this.#receipts = held;
    try {
      do {
        this.#receiptsAgain = false;
        const { receipts } = await this.questions.ask(
          'conversation.receipts',
          { conversationId: this.id, limit: LARGE_PAGE },
          this.#is(held),
        );
        held.receipts.replace(receipts);
        this.told.changed();
      } while (this.#receiptsAgain);
    } finally {
      if (this.#receipts === held) this.#receipts = undefined;
    }
  }

  async #pageBack(held: Held): Promise<void> {
    const { messages, more } = await this.#history(held, { before: held.window.lowest });
    held.window.older(messages, more, held.membership.firstSeq);
  }

  async #history(held: Held, where: { readonly before?: number }) {
    const input = { conversationId: this.id, limit: PAGE, ...where };
    const page = await this.questions.ask('message.history', input, this.#is(held));
    if (!this.#is(held)()) throw new Lost('the conversation has begun anew');
    for (const message of page.messages) held.message(message);
    this.told.found(page.messages);
    return page;
  }

  #is(held: Held): () => boolean {
    return () => this.current() === held;
  }

  /** Of a conversation that began anew meanwhile nothing is told: it is being fetched again. */
  async #while(held: Held, loading: 'first' | 'older', work: () => Promise<void>): Promise<void> {
    const tell = (now: Loading) => {
      if (this.current() !== held) return;
      this.#loading = now;
      this.told.changed();
    };
    tell(loading);
    try {
      await work();
      tell('idle');
    } catch (error) {
      tell('failed');
      throw error;
    }
  }
}
