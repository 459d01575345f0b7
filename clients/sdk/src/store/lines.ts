import { Lost, Refused } from '../link/failures.ts';
import { realSurroundings } from '../link/surroundings.ts';
import type { Questions } from '../questions.ts';
import type { Held } from './held.ts';
import type { Store } from './store.ts';
import { Turns } from './turns.ts';

const AT_ONCE = 8;
/** The same line is asked for at most this often. */
const AGAIN_MS = 1_000;
/** And at most this often when the server can't tell it at all. */
const FAULT_MS = 30_000;

const ignore = () => {};

/** Asks for single lines of the list. */
export class Lines {
  /** The latest question about each; the answer to an older one counts no more. */
  readonly #asked = new Map<string, symbol>();
  readonly #recounted = new Set<string>();
  readonly #turns = new Turns(AT_ONCE);

  constructor(
    private readonly questions: Questions,
    private readonly store: Store,
  ) {}

  fetch(id: string): void {
    const question = Symbol(id);
    this.#asked.set(id, question);
    const wanted = () => this.#asked.get(id) === question;
    this.#line(id, wanted).then(
      (line) => {
        if (!wanted()) return;
        this.store.line(line);
        // it was of an earlier membership
        this.#again(id, AGAIN_MS);
      },
      (error: unknown) => {
        if (!wanted() || error instanceof Lost) return;
        if (error instanceof Refused && error.code === 'not_found') this.store.noLine(id);
        else realSurroundings.report(error);
        this.#again(id, FAULT_MS);
      },
    );
  }

  #again(id: string, ms: number): void {
    this.#asked.delete(id);
    if (this.store.expects(id)) this.questions.rest(ms).then(() => this.store.expects(id) && this.fetch(id), ignore);
  }

  recount(id: string): void {
    if (this.#recounted.has(id)) return;
    this.#recounted.add(id);
    void this.#recount(id, this.store.all.get(id));
  }

  async #recount(id: string, held: Held | undefined): Promise<void> {
    const wanted = () => held !== undefined && this.store.all.get(id) === held;
    let inexact = true;
    while (wanted() && inexact) {
      // removed meanwhile, or the client is closed: nothing is left to be counted
      const line = await this.#line(id, wanted).catch(() => undefined);
      if (line && wanted()) this.store.line(line);
      inexact = await this.questions.rest(AGAIN_MS).then(
        () => held?.countsExactly === false,
        () => false,
      );
    }
    this.#recounted.delete(id);
  }

  #line(id: string, wanted: () => boolean) {
    return this.#turns.take(() => this.questions.ask('conversation.get', { conversationId: id }, wanted));
  }
}
