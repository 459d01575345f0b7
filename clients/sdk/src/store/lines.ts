import { Lost, Refused } from '../link/failures.ts';
import type { Questions } from '../questions.ts';
import { report } from '../report.ts';
import type { Store } from './store.ts';
import { newTurns } from './turns.ts';

const AT_ONCE = 8;
/** The same line is asked for at most this often. */
const AGAIN_MS = 1_000;
/** And at most this often when the server can't tell it at all. */
const FAULT_MS = 30_000;

/** Asks for single lines of the list. */
export const newLines = (questions: Questions, store: Store) => {
  /** The latest question about each; the answer to an older one counts no more. */
  const asked = new Map<string, symbol>();
  const recounted = new Set<string>();
  const inTurn = newTurns(AT_ONCE);
  const ask = (id: string, wanted: () => boolean) =>
    inTurn(() => questions.ask('conversation.get', { conversationId: id }, wanted));
  /** Resolves after a while: to false when the client is closed. */
  const rested = (ms: number) =>
    questions.rest(ms).then(
      () => true,
      () => false,
    );

  const line = async (id: string): Promise<void> => {
    const question = Symbol(id);
    asked.set(id, question);
    const wanted = () => asked.get(id) === question;
    let again = AGAIN_MS;
    try {
      const found = await ask(id, wanted);
      // if that is not enough, it was of an earlier membership
      if (wanted()) store.line(found);
    } catch (error) {
      if (!wanted() || error instanceof Lost) return;
      if (error instanceof Refused && error.code === 'not_found') store.noLine(id);
      else report(error);
      again = FAULT_MS;
    }
    if (!wanted()) return;
    asked.delete(id);
    if (store.expects(id) && (await rested(again)) && store.expects(id)) void line(id);
  };

  const recount = async (id: string): Promise<void> => {
    if (recounted.has(id)) return;
    recounted.add(id);
    const held = store.all.get(id);
    const wanted = () => held !== undefined && store.all.get(id) === held;
    do {
      // removed meanwhile, or the client is closed: nothing is left to be counted
      const found = await ask(id, wanted).catch(() => undefined);
      if (found && wanted()) store.line(found);
    } while ((await rested(AGAIN_MS)) && wanted() && held?.countsExactly === false);
    recounted.delete(id);
  };

  return { line, recount };
};
