import type { ListedRow, MessageRow } from '../generated/catalogue.ts';
import { Lost, Refused } from '../link/failures.ts';
import { realSurroundings } from '../link/surroundings.ts';
import type { Questions } from '../questions.ts';
import type { Held } from './held.ts';
import { News } from './news.ts';
import { counts } from './unread-count.ts';

const PAGE = 100;
/** So far back one looks for where one came in. */
const MOST_PAGES = 20;

export interface Audience {
  /** Whether anybody listens; else nothing is fetched for them. */
  listens(): boolean;
  hear(id: string, row: MessageRow): void;
}

/**
 * Finds the messages by others that are new since the client first caught up: each once, in the order of the log, whether
 * it came live, by sync, in a gap that has to be fetched, or in a conversation that one was just added to.
 */
export class NewMessages {
  readonly #news = new Map<string, News>();
  #begun = false;

  constructor(
    private readonly me: () => string,
    private readonly questions: Questions,
    private readonly current: (id: string) => Held | undefined,
    private readonly audience: Audience,
  ) {}

  /** What comes from here on is new. */
  begin(): void {
    this.#begun = true;
  }

  /** A conversation is held from here on, perhaps again. */
  held(id: string, held: Held, line: ListedRow): void {
    const known = this.#news.get(id);
    const news = known ?? new News((row) => counts(row, this.me()) && this.audience.hear(id, row));
    this.#news.set(id, news);
    if (!this.audience.listens() || (!known && !this.#begun)) news.from(line.seq + 1);
    else if (known) this.#do(() => this.#goOn(id, news, held, line.seq));
    else this.#do(() => this.#fromJoining(id, news, held, line));
  }

  message(id: string, row: MessageRow): void {
    this.#news.get(id)?.message(row);
  }

  gone(id: string): void {
    this.#news.delete(id);
  }

  #do(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      // removed meanwhile, or begun anew: then it is looked at again
      if (!(error instanceof Lost || error instanceof Refused)) realSurroundings.report(error);
    });
  }

  /** What was written since the last one that was told. */
  async #goOn(id: string, news: News, held: Held, seq: number): Promise<void> {
    // another history may be shorter
    if (news.next > seq) return news.from(Math.min(news.next, seq + 1));
    await this.#fill(id, news, held);
    if (news.next <= seq) news.from(seq + 1);
  }

  async #fill(id: string, news: News, held: Held): Promise<void> {
    for (let more = true; more; ) {
      const page = await this.#history(id, held, { after: news.next - 1 });
      for (const row of page.messages) news.message(row);
      more = page.more && news.next > (page.messages[0]?.seq ?? Infinity);
    }
  }

  async #fromJoining(id: string, news: News, held: Held, line: ListedRow): Promise<void> {
    const { firstSeq } = line.membership;
    const joined = line.conversation.kind === 'private' ? firstSeq - 1 : await this.#joinedAt(id, held, line);
    news.from(Math.max(joined + 1, firstSeq));
    await this.#goOn(id, news, held, line.seq);
  }

  /** `seq` of the entry that tells how one came in, the latest; the newest when it is too far back. */
  async #joinedAt(id: string, held: Held, line: ListedRow): Promise<number> {
    const tells = (row: MessageRow) => this.#tellsOfJoining(row);
    if (line.lastMessage && tells(line.lastMessage)) return line.seq;
    let before: number | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const { messages, more } = await this.#history(id, held, before === undefined ? {} : { before });
      const entry = messages.findLast(tells);
      if (entry) return entry.seq;
      before = messages[0]?.seq;
      if (!more || before === undefined) return line.membership.firstSeq - 1;
    }
    return line.seq;
  }

  #tellsOfJoining({ content }: MessageRow): boolean {
    if (typeof content !== 'object') return false;
    return (
      content.event === 'conversation.created' ||
      (content.event === 'members.added' && content.users.includes(this.me()))
    );
  }

  #history(id: string, held: Held, where: { readonly before?: number; readonly after?: number }) {
    const input = { conversationId: id, limit: PAGE, ...where };
    return this.questions.ask('message.history', input, () => this.current(id) === held);
  }
}
