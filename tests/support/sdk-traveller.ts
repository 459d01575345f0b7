import { setTimeout as pause } from 'node:timers/promises';
import { v7 } from 'uuid';
import { type Client, type Conversation, createClient } from '../../clients/sdk/src/index.ts';

export interface TravellerEvents {
  /** A connection was authenticated. */
  readonly connected: () => void;
  /** A send rejected, or its message is shown as failed. */
  readonly failed: (why: string) => void;
}

/** Somebody who uses an application on the SDK while nodes come and go: they write, or only listen, in one conversation. */
export class SdkTraveller {
  readonly client: Client;
  /** Of others, as they were told. */
  readonly heard: string[] = [];
  /** Of its own messages, from written to stored. */
  readonly delaysMs: number[] = [];
  #writing = true;
  #written = 0;

  constructor(
    url: string,
    token: string,
    readonly name: string,
    private readonly conversationId: string,
    private readonly told: TravellerEvents,
  ) {
    this.client = createClient({ url, auth: token });
    this.client.on('connected', told.connected);
    this.client.on('message', ({ message }) => {
      if (message.type === 'text') this.heard.push(message.id);
    });
  }

  async arrive(): Promise<void> {
    this.client.start();
    await this.client.ready;
  }

  /** Writes one message after another, with so many milliseconds between, until told to stop; resolves when all are stored. */
  async talk(everyMs: number): Promise<void> {
    const sent: Promise<void>[] = [];
    while (this.#writing) {
      sent.push(this.#write());
      await pause(everyMs);
    }
    await Promise.all(sent);
  }

  finish(): void {
    this.#writing = false;
  }

  /** All that it shows of the conversation, loaded to its beginning. */
  async shown(): Promise<readonly string[]> {
    const conversation = this.#conversation;
    await conversation.open();
    while (!conversation.messages.complete) await conversation.loadOlder();
    const texts = conversation.messages.messages.filter(({ type }) => type === 'text');
    for (const { state, text } of texts) if (state === 'failed') this.told.failed(`${text}: shown as failed`);
    return texts.map(({ id }) => id);
  }

  get #conversation(): Conversation {
    return this.client.conversations.get(this.conversationId)!; // it was made before
  }

  async #write(): Promise<void> {
    const [id, began] = [v7(), performance.now()];
    const text = `${this.name} ${++this.#written}`;
    try {
      await this.#conversation.send(text, { id });
      await this.#conversation.sent(id);
      this.delaysMs.push(performance.now() - began);
    } catch (error) {
      this.told.failed(`${text}: ${String(error)}`);
    }
  }
}
