import { setTimeout as pause } from 'node:timers/promises';
import type { MessageDraft } from '#app/domain/chat/message.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { hashOf, type MemberOutcome, type SendOutcome, textOf } from './chaos-load.ts';
import type { History, Shown } from './history.ts';
import { type Reply, WsClient } from './ws-client.ts';

const ANSWER_MS = 8_000;
/** Less than what the server tells (`timings.pingMs`): who only listens would be closed as gone after two of those. */
const HEARTBEAT_MS = 15_000;

export interface Somebody {
  readonly userId: UserId;
  readonly token: string;
}

/** Where to connect, asked anew each time when it is a function. */
export type Url = string | (() => string);

/** A device that connects again whenever its connection is gone. */
export class Line {
  #client: Promise<WsClient> | undefined;
  /** Told by the reply to `auth`. */
  epoch = '';

  constructor(
    private readonly url: Url,
    readonly somebody: Somebody,
    private readonly opened: (client: WsClient) => void = () => {},
  ) {}

  /** Undefined when there was no answer: nothing is known of what was asked. */
  async call(type: string, input: object): Promise<Reply | undefined> {
    const connected = (this.#client ??= this.#connect());
    try {
      const client = await connected;
      if (!client.open) throw new Error('closed');
      return await client.call(type, input, ANSWER_MS);
    } catch {
      if (this.#client === connected) this.#client = undefined;
      return undefined;
    }
  }

  /** Connected, if it can be. @returns whether it is */
  async keep(): Promise<boolean> {
    const connected = (this.#client ??= this.#connect());
    const open = await connected.then((client) => client.open).catch(() => false);
    if (!open && this.#client === connected) this.#client = undefined;
    return open;
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    client?.socket.terminate();
  }

  async #connect(): Promise<WsClient> {
    const client = await WsClient.connect(typeof this.url === 'string' ? this.url : this.url());
    this.opened(client);
    client.socket.on('message', () => client.events.splice(0)); // who listens has heard it; a long run can't keep all
    const reply = await client.auth(this.somebody.token);
    if (!reply.ok) {
      client.socket.terminate();
      throw new Error(`auth was refused: ${reply.error?.code}`);
    }
    this.epoch = reply.data?.['epoch'] as string;
    const heartbeat = setInterval(() => void client.call('ping').catch(() => {}), HEARTBEAT_MS).unref();
    client.socket.once('close', () => clearInterval(heartbeat));
    return client;
  }
}

const NO_ANSWER = { ok: false, code: 'unavailable', rule: 'no_answer' } as const;

export const overLine =
  (line: Line) =>
  async ({ id, conversationId, content }: MessageDraft): Promise<SendOutcome> => {
    const reply = await line.call('message.send', { id, conversationId, content });
    if (!reply) return NO_ANSWER;
    if (!reply.ok) return { ok: false, code: reply.error?.code ?? '', rule: reply.error?.rule ?? '' };
    const { seq, rev, duplicate } = reply.data as { seq: number; rev: number; duplicate: boolean };
    return { ok: true, seq, rev, duplicate };
  };

export const membersOverLine =
  (line: Line, conversationId: ConversationId, userId: UserId) =>
  async (change: 'add' | 'remove'): Promise<MemberOutcome> => {
    const reply = await (change === 'add'
      ? line.call('member.add', { conversationId, users: [userId] })
      : line.call('member.remove', { conversationId, userId }));
    if (!reply?.ok) return { ok: false, again: !reply || reply.error?.code === 'unavailable' };
    const [member] = (reply.data?.['members'] ?? []) as { rev: number }[];
    return { ok: true, ...(member && { rev: member.rev }) };
  };

interface MessageRow {
  readonly id: string;
  readonly seq: number;
  readonly rev: number;
  readonly content?: unknown;
}
/** Null of a deleted one. */
export const hashIn = ({ content }: Pick<MessageRow, 'content'>): string | null =>
  content === undefined ? null : hashOf(textOf(content));

interface Told {
  readonly conversationId?: string;
  readonly message?: MessageRow;
  readonly rows?: readonly { readonly message?: MessageRow }[];
}

/** One who tells of every message that a live connection brings, and drops by rev what it has. */
export class Listener {
  #running = true;
  readonly #line: Line;
  readonly #done: Promise<void>;
  readonly #last = new Map<string, number>();
  #tellsListening = () => {};
  /** Resolves when it is connected for the first time. */
  readonly listening = new Promise<void>((resolve) => (this.#tellsListening = resolve));
  heard = 0;

  constructor(
    private readonly history: History,
    private readonly name: string,
    url: Url,
    private readonly somebody: Somebody,
    private readonly heardOf: (id: string) => void = () => {},
  ) {
    this.#line = new Line(url, somebody, (client) => client.socket.on('message', (data: Buffer) => this.#hear(data)));
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
    await this.#line.close();
  }

  async #run(): Promise<void> {
    while (this.#running) {
      if (await this.#line.keep()) this.#tellsListening();
      await pause(50);
    }
  }

  #hear(data: Buffer): void {
    const frame = JSON.parse(data.toString()) as { id?: number; data?: Told };
    if ('id' in frame || frame.data?.conversationId === undefined) return;
    const { conversationId: conv, message, rows = [] } = frame.data;
    for (const row of message ? [message] : rows.flatMap((one) => one.message ?? [])) {
      if (row.rev <= (this.#last.get(conv) ?? 0)) continue;
      this.#last.set(conv, row.rev);
      this.heard++;
      const { rev, seq, id } = row;
      const hash = hashIn(row);
      const { name: client, somebody } = this;
      const shown = hash === null ? {} : { hash };
      this.history.add({ type: 'recv', client, user: somebody.userId, conv, rev, seq, id, ...shown });
      this.heardOf(id);
    }
  }
}

interface SyncReply {
  readonly epoch: string;
  readonly reset: boolean;
  readonly conversations: readonly {
    readonly upTo: number;
    readonly rows?: readonly { readonly message?: MessageRow }[];
    readonly more?: boolean;
    readonly gone?: true;
    readonly gap?: true;
    readonly reset?: true;
  }[];
  readonly next?: string;
}

/** One who follows a conversation by `sync` over its connection, and at the end says what it shows. */
export class SocketFollower {
  #running = true;
  readonly #line: Line;
  readonly #done: Promise<void>;
  #cursor = 0;
  #epoch = '';
  #held = new Map<string, Shown>();

  constructor(
    private readonly history: History,
    private readonly name: string,
    url: Url,
    private readonly somebody: Somebody,
    private readonly conv: ConversationId,
  ) {
    this.#line = new Line(url, somebody);
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
    for (let tries = 0; !(await this.#catchUp()); tries++) {
      if (tries > 50) throw new Error(`${this.name} can't catch up`);
      await pause(100);
    }
    const rows = [...this.#held.values()].toSorted((a, b) => a.seq - b.seq);
    const line = await this.#line.call('conversation.get', { conversationId: this.conv });
    const membership = line?.data?.['membership'] as { unread: { count: number } } | undefined;
    const unread = membership?.unread.count ?? 0;
    this.history.add({ type: 'shown', client: this.name, user: this.somebody.userId, conv: this.conv, rows, unread });
    await this.#line.close();
  }

  async #run(): Promise<void> {
    while (this.#running) {
      await this.#catchUp();
      await pause(60);
    }
  }

  /** @returns whether it has */
  async #catchUp(): Promise<boolean> {
    let next: string | undefined;
    await this.#line.keep();
    if (this.#line.epoch !== this.#epoch) this.#beginAnew(this.#line.epoch);
    const cursor = this.#cursor;
    do {
      await this.#line.keep();
      const cursors = [[this.conv, cursor]];
      const reply = await this.#line.call('sync', {
        epoch: this.#epoch,
        urev: 0,
        cursors,
        ...(next !== undefined && { next }),
      });
      if (!reply?.ok) return false;
      const synced = reply.data as unknown as SyncReply;
      if (synced.reset) {
        this.#line.epoch = synced.epoch; // the connection may be older than the history
        return false;
      }
      for (const conversation of synced.conversations) {
        if (conversation.gone) this.#forget();
        else if (conversation.gap || conversation.reset) {
          this.#forget();
          if (!(await this.#window())) return false;
          this.#cursor = conversation.upTo;
        } else {
          for (const { message } of conversation.rows ?? []) if (message) this.#hold(message);
          if (!conversation.more) this.#cursor = conversation.upTo;
        }
      }
      next = synced.next;
    } while (next !== undefined);
    return true;
  }

  #beginAnew(epoch: string): void {
    this.#epoch = epoch;
    this.#forget();
  }

  #forget(): void {
    this.#cursor = 0;
    this.#held = new Map();
  }

  #hold(row: MessageRow): void {
    const { id, seq } = row;
    this.#held.set(id, { id, seq, hash: hashIn(row) });
  }

  /** All of the log, from the newest on. */
  async #window(): Promise<boolean> {
    for (let before: number | undefined; ; ) {
      const invokedAt = performance.now();
      const conversationId = this.conv;
      const reply = await this.#line.call('message.history', {
        conversationId,
        limit: 100,
        ...(before !== undefined && { before }),
      });
      if (!reply?.ok) return false;
      const { messages, more } = reply.data as unknown as { messages: MessageRow[]; more: boolean };
      for (const message of messages) this.#hold(message);
      const rows = messages.map((row) => ({ id: row.id, seq: row.seq, hash: hashIn(row) }));
      const to = before === undefined ? {} : { to: before - 1 };
      const { name: client, conv } = this;
      const from = rows[0]?.seq ?? Infinity;
      this.history.add({ type: 'page', client, user: this.somebody.userId, conv, invokedAt, from, ...to, rows });
      before = messages[0]?.seq;
      if (!more || before === undefined) return true;
    }
  }
}
