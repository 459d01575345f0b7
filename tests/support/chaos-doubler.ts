import { setTimeout as pause } from 'node:timers/promises';
import type { MessageDraft } from '#app/domain/chat/message.ts';
import type { ConversationId } from '#app/domain/shared/ids.ts';
import { aDraft } from './chat-world.ts';
import { hashOf, type SendOutcome } from './chaos-load.ts';
import type { History } from './history.ts';
import type { Somebody } from './socket-load.ts';

const REST_MS = 400;
const AGAIN_MS = 100;
const ANSWER_MS = 8_000;

type Attempt = (draft: MessageDraft) => Promise<SendOutcome>;

/** Sends each message by several ways at once with one id; whichever is stored, all are to hear of that one. */
export class Doubler {
  #running = true;
  readonly #done: Promise<void>;
  acked = 0;

  constructor(
    private readonly history: History,
    private readonly client: string,
    private readonly somebody: Somebody,
    private readonly conv: ConversationId,
    private readonly ways: readonly Attempt[],
    private readonly texts: Map<string, string>,
  ) {
    this.#done = this.#run();
  }

  /** Sends nothing new; resolves when every way has answered. */
  stop(): Promise<void> {
    this.#running = false;
    return this.#done;
  }

  async #run(): Promise<void> {
    let count = 0;
    while (this.#running) {
      const { client, conv, somebody } = this;
      const draft = aDraft({ conversationId: conv, senderId: somebody.userId, text: `${client} ${++count}` });
      this.texts.set(draft.id, draft.content);
      await Promise.all(this.ways.map((way) => this.#until(way, draft)));
      this.acked++;
      await pause(REST_MS);
    }
  }

  async #until(way: Attempt, draft: MessageDraft): Promise<void> {
    while (!(await this.#send(way, draft))) await pause(AGAIN_MS);
  }

  /** @returns whether it needs not be sent again */
  async #send(way: Attempt, draft: MessageDraft): Promise<boolean> {
    const { history, client, conv, somebody } = this;
    const op = history.nextOp();
    history.add({
      type: 'send.invoke',
      op,
      client,
      user: somebody.userId,
      conv,
      id: draft.id,
      hash: hashOf(draft.content),
    });
    const outcome = await way(draft);
    if (outcome.ok) {
      const { seq, rev, duplicate } = outcome;
      history.add({ type: 'send.ack', op, seq, rev, duplicate });
      return true;
    }
    // Of the id nothing is definite while other ways go on.
    const again = outcome.code === 'unavailable';
    history.add({ type: 'send.err', op, outcome: again ? 'ambiguous' : 'definite', code: outcome.rule });
    return !again;
  }
}

/** A request of its own for each. */
export const overHttp =
  (http: () => string, { token }: Somebody): Attempt =>
  async ({ id, conversationId, content }) => {
    try {
      const response = await fetch(`${http()}/v1/commands/message.send`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ id, conversationId, content }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const answer = (await response.json()) as Answer;
      if (response.ok) return { ok: true, seq: answer.seq, rev: answer.rev, duplicate: answer.duplicate };
      return { ok: false, code: answer.code, rule: answer.rule ?? '' };
    } catch {
      return { ok: false, code: 'unavailable', rule: 'no_answer' };
    }
  };

interface Answer {
  readonly seq: number;
  readonly rev: number;
  readonly duplicate: boolean;
  readonly code: string;
  readonly rule?: string;
}
