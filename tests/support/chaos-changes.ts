import { setTimeout as pause } from 'node:timers/promises';
import { hashOf, type Sender } from './chaos-load.ts';
import type { History } from './history.ts';
import type { Line } from './socket-load.ts';

const REST_MS = 250;
const AGAIN_MS = 50;

/** Edits what a sender got stored, some twice over with a deletion, each until it is acked or refused. */
export class Editor {
  #running = true;
  readonly #done: Promise<void>;
  acked = 0;

  constructor(
    private readonly history: History,
    private readonly sender: Sender,
    private readonly line: Line,
  ) {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
    await this.line.close();
  }

  async #run(): Promise<void> {
    let count = 0;
    while (this.#running) {
      await pause(REST_MS);
      const id = this.sender.lastId;
      this.sender.lastId = undefined; // none is taken twice
      if (id === undefined) continue;
      count++;
      await this.#change(id, `${this.sender.client} edited ${count}`);
      if (count % 4 === 0) await this.#change(id, null);
    }
  }

  async #change(id: string, content: string | null): Promise<void> {
    while (!(await this.#attempt(id, content))) await pause(AGAIN_MS);
  }

  /** @returns whether it needs not be tried again */
  async #attempt(id: string, content: string | null): Promise<boolean> {
    const op = this.history.nextOp();
    const { client, user, conv } = this.sender;
    const hash = content === null ? null : hashOf(content);
    this.history.add({ type: 'change.invoke', op, client, user, conv, id, hash });
    const place = { conversationId: conv, id };
    const reply = await (content === null
      ? this.line.call('message.delete', place)
      : this.line.call('message.edit', { ...place, content }));
    if (reply?.ok) {
      const { rev } = reply.data!['message'] as { rev: number }; // what is ok has data
      this.history.add({ type: 'change.ack', op, rev });
      this.acked++;
      return true;
    }
    const again = !reply || reply.error?.code === 'unavailable';
    this.history.add({ type: 'change.err', op, outcome: again ? 'ambiguous' : 'definite' });
    return !again;
  }
}
