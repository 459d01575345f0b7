import { setTimeout as pause } from 'node:timers/promises';
import { v7 } from 'uuid';
import { type Reply, WsClient } from './ws-client.ts';

export interface RoamerEvents {
  /** It sets out to another connection. */
  readonly comes: () => void;
  /** A send was refused for good, or nobody answered it for too long. */
  readonly failed: (why: string) => void;
}

interface Pending {
  readonly id: string;
  readonly content: string;
  readonly since: number;
}

/** By the protocol: 0.5 s, doubled up to 30 s, half of it random. */
const BACKOFF_MS = 500;
/** Less than what the server tells (`timings.pingMs`). */
const HEARTBEAT_MS = 15_000;
/** Fewer than a connection may have without an answer. */
const WINDOW = 32;
const AGAIN_MS = 50;
/** Longer than some of its longest waits between two tries: what is promised is that none is refused, and none is lost. */
const PATIENCE_MS = 120_000;
const ANSWER_MS = 30_000;

/**
 * A client that follows the protocol where nodes come and go: told to leave, it opens another connection, authenticates
 * there, and leaves the old one when what it sent there is answered; whatever has no answer is sent again, in order, with
 * the same ids.
 */
export class Roamer {
  #current: WsClient | undefined;
  #pending: Pending[] = [];
  #counted = 0;
  #sending = true;
  #ends = false;
  #moving: Promise<void> | undefined;
  #again: NodeJS.Timeout | undefined;
  acked: string[] = [];
  /** How its connections ended, but those that it left. */
  readonly codes: number[] = [];
  /** Why it was not let in. */
  readonly troubles: string[] = [];
  moves = 0;

  constructor(
    private readonly url: string,
    readonly name: string,
    private readonly token: string,
    private readonly conversationId: string,
    private readonly told: RoamerEvents,
  ) {}

  /** Connected. */
  async arrive(): Promise<void> {
    await this.#move();
  }

  /** Sends one message after another, with so many milliseconds between, until it is told to stop and all is answered. */
  async talk(everyMs: number): Promise<void> {
    while (this.#sending || this.#pending.length > 0) {
      if (this.#sending && this.#pending.length < WINDOW) {
        const pending = { id: v7(), content: `${this.name} ${++this.#counted}`, since: performance.now() };
        this.#pending.push(pending);
        void this.#send(pending);
      }
      await pause(everyMs);
    }
  }

  finish(): void {
    this.#sending = false;
  }

  async leave(): Promise<void> {
    this.#ends = true;
    clearTimeout(this.#again);
    await this.#moving;
    this.#current?.socket.terminate();
  }

  get connected(): boolean {
    return this.#current?.open ?? false;
  }

  async #send(pending: Pending): Promise<void> {
    const client = this.#current;
    if (!client?.open || this.#again) return; // sent by who connects, or in its turn
    const { id, content } = pending;
    const reply = await client
      .call('message.send', { conversationId: this.conversationId, id, content }, ANSWER_MS)
      .catch(() => undefined);
    if (!this.#pending.includes(pending)) return;
    if (reply?.ok) {
      this.#pending.splice(this.#pending.indexOf(pending), 1);
      this.acked.push(id);
    } else if (reply && !isPassing(reply)) {
      this.#pending.splice(this.#pending.indexOf(pending), 1);
      this.told.failed(`${content}: ${reply.error?.code} ${reply.error?.rule}`);
    } else if (performance.now() - pending.since > PATIENCE_MS) this.told.failed(`${content}: no answer`);
    else if (reply && client === this.#current) this.#sendAllAgain();
  }

  /** Soon, all that is not answered, in order and before anything new: what comes between would overtake the rest. */
  #sendAllAgain(): void {
    this.#again ??= setTimeout(() => {
      this.#again = undefined;
      for (const pending of this.#pending) void this.#send(pending);
    }, AGAIN_MS);
  }

  /** From one connection, or none, to another. */
  #move(): Promise<void> {
    this.#moving ??= this.#connect().finally(() => (this.#moving = undefined));
    return this.#moving;
  }

  async #connect(): Promise<void> {
    for (let backoff = BACKOFF_MS; !this.#ends; backoff = Math.min(backoff * 2, 30_000)) {
      const client = await this.#authenticated().catch((error: Error) => void this.troubles.push(error.message));
      if (client) return this.#settle(client);
      await pause(backoff * (0.5 + Math.random() / 2));
    }
  }

  async #authenticated(): Promise<WsClient> {
    this.told.comes();
    const client = await WsClient.connect(this.url);
    try {
      const { ok, error } = await client.auth(this.token);
      if (!ok) throw new Error(`auth was refused: ${error?.code} ${error?.rule}`);
      return client;
    } catch (error) {
      client.socket.terminate();
      throw error;
    }
  }

  #settle(client: WsClient): void {
    const before = this.#current;
    this.#current = client;
    client.socket.on('message', (frame: Buffer) => {
      if (client === this.#current && frame.includes('"type":"goaway"')) this.#goaway();
    });
    const heartbeat = setInterval(() => void client.call('ping').catch(() => {}), HEARTBEAT_MS);
    client.socket.once('close', (code) => {
      clearInterval(heartbeat);
      if (client !== this.#current) return;
      this.codes.push(code);
      if (!this.#ends) void this.#move();
    });
    // Those under way on the other are stored or not: with the same ids it makes no difference.
    for (const pending of this.#pending) void this.#send(pending);
    before?.socket.close();
  }

  #goaway(): void {
    this.moves++;
    void this.#move();
  }
}

const isPassing = ({ error }: Reply): boolean => error?.code === 'unavailable' || error?.code === 'rate_limited';
