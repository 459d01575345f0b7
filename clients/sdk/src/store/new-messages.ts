import type { ListedRow, MessageRow } from '../generated/catalogue.ts';
import { Lost, Refused } from '../link/failures.ts';
import type { Questions } from '../questions.ts';
import { report } from '../report.ts';
import type { Held } from './held.ts';
import { newNews, type News } from './news.ts';
import { counts } from './unread-count.ts';

const PAGE = 100;
/** So far back one looks for where one came in. */
const MOST_PAGES = 20;
/** Of what was missed in one conversation the newest are told; what is older is only to be read there. */
const MOST_MISSED = 10_000;

export interface Audience {
  /** Whether anybody listens; else nothing is fetched for them. */
  listens(): boolean;
  hear(id: string, row: MessageRow): void;
}

/**
 * Finds the messages by others that are new since the client first caught up: each once, in the order of the log, whether
 * it came live, by sync, in a gap that has to be fetched, or in a conversation that one was just added to.
 */
export const newNewMessages = (
  me: () => string,
  questions: Questions,
  current: (id: string) => Held | undefined,
  audience: Audience,
) => {
  const all = new Map<string, News>();
  let begun = false;

  const history = (id: string, held: Held, where: { readonly before?: number; readonly after?: number }) =>
    questions.ask('message.history', { conversationId: id, limit: PAGE, ...where }, () => current(id) === held);

  /** What was written since the last one that was told. */
  const goOn = async (id: string, news: News, held: Held, seq: number): Promise<void> => {
    // another history may be shorter
    if (news.next > seq) return news.from(Math.min(news.next, seq + 1));
    if (news.next <= seq - MOST_MISSED) news.from(seq - MOST_MISSED + 1);
    for (let goesOn = true; goesOn && news.next <= seq; ) {
      const { messages, more } = await history(id, held, { after: news.next - 1 });
      messages.forEach(news.message);
      goesOn = more && news.next > (messages[0]?.seq ?? Infinity);
    }
    if (news.next <= seq) news.from(seq + 1);
  };

  const tellsOfJoining = ({ content }: MessageRow): boolean =>
    typeof content === 'object' &&
    (content.event === 'conversation.created' || (content.event === 'members.added' && content.users.includes(me())));

  /** `seq` of the entry that tells how one came in, the latest; the newest when it is too far back. */
  const joinedAt = async (id: string, held: Held, { lastMessage, membership, seq }: ListedRow): Promise<number> => {
    if (lastMessage && tellsOfJoining(lastMessage)) return seq;
    let where = {};
    for (let page = 0; page < MOST_PAGES; page++) {
      const { messages, more } = await history(id, held, where);
      const entry = messages.findLast(tellsOfJoining);
      if (entry) return entry.seq;
      const before = messages[0]?.seq;
      if (!more || before === undefined) return membership.firstSeq - 1;
      where = { before };
    }
    return seq;
  };

  const begin = async (id: string, news: News, held: Held, line: ListedRow, known: boolean): Promise<void> => {
    const { firstSeq } = line.membership;
    if (!known) {
      const joined = line.conversation.kind === 'private' ? 0 : await joinedAt(id, held, line);
      news.from(Math.max(joined + 1, firstSeq));
    }
    await goOn(id, news, held, line.seq);
  };

  return {
    /** What comes from here on is new. */
    begin: (): void => {
      begun = true;
    },
    /** A conversation is held from here on, perhaps again. */
    held: (id: string, held: Held, line: ListedRow): void => {
      const known = all.get(id);
      const news = known ?? newNews((row) => counts(row, me()) && audience.hear(id, row));
      all.set(id, news);
      if (!audience.listens() || (!known && !begun)) return news.from(line.seq + 1);
      begin(id, news, held, line, known !== undefined).catch((error: unknown) => {
        // removed meanwhile, or begun anew: then it is looked at again
        if (!(error instanceof Lost || error instanceof Refused)) report(error);
      });
    },
    message: (id: string, row: MessageRow): void => all.get(id)?.message(row),
    gone: (id: string): void => {
      all.delete(id);
    },
  };
};
