import { setTimeout as pause } from 'node:timers/promises';
import type { History } from './history.ts';
import { hashIn, type Somebody } from './socket-load.ts';

const REST_MS = 100;
const ANSWER_MS = 8_000;

interface Page {
  readonly messages: readonly { readonly id: string; readonly seq: number; readonly content?: unknown }[];
}

/** Reads the newest page of a conversation over HTTP, each time at another node: what was acked anywhere has to be there. */
export class PageReader {
  #running = true;
  readonly #done: Promise<void>;
  read = 0;

  constructor(
    private readonly history: History,
    private readonly name: string,
    private readonly http: () => string,
    private readonly somebody: Somebody,
    private readonly conv: string,
  ) {
    this.#done = this.#run();
  }

  stop(): Promise<void> {
    this.#running = false;
    return this.#done;
  }

  async #run(): Promise<void> {
    while (this.#running) {
      await this.#page().catch(() => {}); // nobody answered
      await pause(REST_MS);
    }
  }

  async #page(): Promise<void> {
    const invokedAt = performance.now();
    const response = await fetch(`${this.http()}/v1/commands/message.history`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.somebody.token}` },
      body: JSON.stringify({ conversationId: this.conv, limit: 50 }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!response.ok) return void (await response.text());
    const { messages } = (await response.json()) as Page;
    this.read++;
    const rows = messages.map((row) => ({ id: row.id, seq: row.seq, hash: hashIn(row) }));
    const { name: client, conv } = this;
    const from = rows[0]?.seq ?? 1;
    this.history.add({ type: 'page', client, user: this.somebody.userId, conv, invokedAt, from, rows });
  }
}
