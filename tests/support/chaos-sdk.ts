import { setTimeout as pause } from 'node:timers/promises';
import { v7 } from 'uuid';
import { type Client, type Conversation, createClient, Lost, Refused } from '../../clients/sdk/src/index.ts';
import { newWebSocketLink } from '../../clients/sdk/src/link/web-socket-link.ts';
import { hashOf } from './chaos-load.ts';
import type { History } from './history.ts';
import type { Somebody } from './socket-load.ts';

/** Under way at once; the client of the SDK sends them in order whatever happens. */
const WINDOW = 6;
/** Loaded at the end, of each conversation. */
const SHOWN = 400;
const SETTLE_MS = 30_000;
/**
 * In place of the minute after which a client forgets its failures: faults come every few seconds here, and each is to
 * meet clients as calm as a single one would. All else of them takes as long as it does anywhere.
 */
const STABLE_MS = 1_500;

/** Of one member. */
export interface Standing {
  readonly seq: number;
  readonly readSeq: number;
  readonly unread: number;
}

/** An application on the SDK: it writes, reads and remembers what it was told. */
export class SdkUser {
  readonly client: Client;
  #running = true;
  #done: Promise<unknown> = Promise.resolve();
  acked = 0;
  #connectedAt = Infinity;

  constructor(
    private readonly history: History,
    readonly name: string,
    url: string,
    readonly somebody: Somebody,
    /** By message id, all that was sent. */
    private readonly texts: Map<string, string>,
  ) {
    const auth = somebody.token;
    this.client = createClient({ url, auth, link: () => newWebSocketLink({ url, auth, stableMs: STABLE_MS }) });
    this.client.on('connected', () => (this.#connectedAt = performance.now()));
    this.client.on('message', ({ conversation, message }) => {
      const { id: conv } = conversation;
      const { id, seq = 0 } = message;
      this.history.add({ type: 'told', client: name, user: somebody.userId, conv, seq, id });
    });
  }

  /** Connected, and writing into these conversations from now on. */
  async begin(convs: readonly string[], restMs: number): Promise<void> {
    this.client.start();
    await this.client.ready;
    const conversations = convs.map((id) => this.client.conversations.get(id)!); // they were made before
    this.#done = Promise.all([...conversations.map((one) => this.#talk(one, restMs)), this.#read()]);
  }

  /** Whether it is connected and has the log of a conversation up to there. */
  has(conv: string, seq: number): boolean {
    return this.client.status === 'online' && (this.client.conversations.get(conv)?.view.seq ?? 0) >= seq;
  }

  /** Whether what broke earlier is forgotten. */
  get calm(): boolean {
    return this.client.status === 'online' && performance.now() - this.#connectedAt >= STABLE_MS;
  }

  /** For who looks for what is wrong. */
  get standing(): string {
    const { status, stopped, pending } = this.client;
    return `${this.name}: ${status}, ${pending} pending${stopped ? `, ${JSON.stringify(stopped)}` : ''}`;
  }

  /** Writes nothing new; resolves when all is stored. */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  /** Resolves when it shows what the database has, or won't: then the checker says what is wrong. */
  async settle(standing: (conv: string) => Promise<Standing | undefined>): Promise<void> {
    const until = performance.now() + SETTLE_MS;
    for (const { id } of this.client.conversations.all)
      while (performance.now() < until && !this.#shows(id, await standing(id))) await pause(50);
  }

  /** Says what it shows, and closes. */
  async end(): Promise<void> {
    for (const conversation of this.client.conversations.all) await this.#show(conversation);
    this.client.close();
  }

  #shows(conv: string, standing: Standing | undefined): boolean {
    const view = this.client.conversations.get(conv)?.view;
    if (!view || !standing) return !view && !standing;
    const { seq, readSeq, unread } = view;
    return seq === standing.seq && readSeq === standing.readSeq && unread.count === standing.unread;
  }

  async #show(conversation: Conversation): Promise<void> {
    await conversation.open();
    await conversation.loadBackTo(Math.max(1, conversation.view.seq - SHOWN));
    const rows = conversation.messages.messages.map(({ id, seq = 0, deleted, text, notice }) => ({
      ...{ id, seq, hash: deleted ? null : hashOf(text ?? JSON.stringify(notice)) },
    }));
    const unread = conversation.view.unread.count;
    const from = conversation.messages.complete ? {} : { from: rows[0]?.seq ?? 1 };
    const { userId: user } = this.somebody;
    this.history.add({ type: 'shown', client: this.name, user, conv: conversation.id, rows, unread, ...from });
  }

  async #talk(conversation: Conversation, restMs: number): Promise<void> {
    let count = 0;
    while (this.#running)
      await Promise.all([
        ...Array.from({ length: WINDOW }, () => this.#send(conversation, `${this.name} ${++count}`)),
        pause(restMs),
      ]);
  }

  async #send(conversation: Conversation, text: string): Promise<void> {
    const [op, id] = [this.history.nextOp(), v7()];
    const { name: client, somebody } = this;
    this.texts.set(id, text);
    const hash = hashOf(text);
    this.history.add({ type: 'send.invoke', op, client, user: somebody.userId, conv: conversation.id, id, hash });
    try {
      await conversation.send(text, { id });
      const { seq = 0 } = await conversation.sent(id);
      this.history.add({ type: 'send.ack', op, seq, duplicate: false });
      this.acked++;
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Lost)) throw error;
      const outcome = error instanceof Refused ? 'definite' : 'ambiguous';
      this.history.add({ type: 'send.err', op, outcome, code: error.message });
    }
  }

  async #read(): Promise<void> {
    while (this.#running) {
      for (const conversation of this.client.conversations.all) conversation.markRead();
      await pause(1_000);
    }
  }
}
