import type { ListedRow, MessageRow } from '../../../clients/sdk/src/generated/catalogue.ts';
import { Lost } from '../../../clients/sdk/src/link/failures.ts';
import type { Client } from '../../../clients/sdk/src/client.ts';
import type { Link, LinkListener, Status, Stop } from '../../../clients/sdk/src/link/link.ts';
import { newLiveClient } from '../../../clients/sdk/src/live-client.ts';
import type { OutboxStorage } from '../../../clients/sdk/src/outbox/outbox-storage.ts';
import type { CommandType, InputOf, OutputOf, ServerEvent, Welcome } from '../../../clients/sdk/src/protocol.ts';
import type { MessageView } from '../../../clients/sdk/src/views.ts';
import { ManualTimers, settle } from '../../support/manual-timers.ts';

export const ME = '01a1fc2b-0000-7000-8000-00000000000a';
export const OTHER = '01a1fc2b-0000-7000-8000-00000000000b';
export const PLACE = '01a1fc2b-0000-7000-8000-0000000000c1';

interface Asked {
  readonly type: CommandType;
  readonly data: unknown;
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

type Answers = { [T in CommandType]?: (data: InputOf<T>) => OutputOf<T> };

/** A link that does what the test says. Commands with an answer here are answered at once, the others wait. */
export class ScriptedLink implements Link {
  status: Status = 'offline';
  welcome: Welcome | undefined;
  leads = true;
  featureLevel = 1;
  readonly answers: Answers = {};
  /** What waits for an answer. */
  asked: Asked[] = [];
  /** All that was ever asked. */
  readonly log: { readonly type: string; readonly data: unknown }[] = [];
  readonly #listeners = new Set<LinkListener>();

  start(): void {}
  retry(): void {}
  close(): void {
    this.lose();
  }

  call<T extends CommandType>(type: T, data: InputOf<T>): Promise<OutputOf<T>> {
    if (!this.welcome) return Promise.reject(new Lost('not connected'));
    this.log.push({ type, data });
    return new Promise((resolve, reject) => {
      const answer = this.answers[type] as ((data: InputOf<T>) => OutputOf<T>) | undefined;
      const asked: Asked = { type, data, resolve: (given) => resolve(given as OutputOf<T>), reject };
      if (!answer) return void this.asked.push(asked);
      try {
        resolve(answer(data));
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  listen(listener: LinkListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async open(epoch = 'first', urev = 1): Promise<void> {
    this.welcome = { ...welcome(epoch, urev), featureLevel: this.featureLevel };
    this.status = 'online';
    for (const { opened } of this.#listeners) opened?.(this.welcome);
    await settle();
  }

  lose(): void {
    this.welcome = undefined;
    this.status = 'connecting';
    for (const { reject } of this.asked.splice(0)) reject(new Lost('the connection was lost'));
    for (const { lost } of this.#listeners) lost?.();
  }

  turn(status: Status): void {
    this.status = status;
    for (const listener of this.#listeners) listener.status?.(status);
  }

  stop(stop: Stop): void {
    this.lose();
    this.turn('offline');
    for (const listener of this.#listeners) listener.stopped?.(stop);
  }

  event(event: ServerEvent): void {
    for (const listener of this.#listeners) listener.event?.(event);
  }

  lead(leads: boolean): void {
    this.leads = leads;
    for (const listener of this.#listeners) listener.leads?.(leads);
  }

  /** What of this type waits, in the order in which it was asked. */
  waiting(type: CommandType): readonly Asked[] {
    return this.asked.filter((one) => one.type === type);
  }

  /** Answers the oldest that waits. */
  answer<T extends CommandType>(type: T, answer: OutputOf<T> | Error): void {
    const at = this.asked.findIndex((one) => one.type === type);
    const [asked] = this.asked.splice(at, 1);
    if (!asked || at < 0) throw new Error(`nobody waits for ${type}`);
    if (answer instanceof Error) asked.reject(answer);
    else asked.resolve(answer);
  }
}

const welcome = (epoch: string, urev: number): Welcome => ({
  ...{
    userId: ME,
    epoch,
    urev,
    serverTime: 0,
    featureLevel: 1,
    timings: { pingMs: 25_000, typingMs: 4_000, typingExpiresMs: 6_000 },
  },
  limits: {
    ...{ frameBytes: 65_536, textCodePoints: 5_000, page: 100, membersPerGroup: 10_000, usersPerCommand: 200 },
    ...{ conversationsPerUser: 1_000, inFlight: 64, unread: 1_000, syncCursors: 1_000, watchedUsers: 200 },
    ...{ sendBurst: 200, sendsPerMinute: 3_000 },
  },
});

const AT = '2026-11-21T00:00:00.000Z';

export const aLine = (
  id = PLACE,
  line: Partial<ListedRow> = {},
  membership: Partial<ListedRow['membership']> = {},
): ListedRow => ({
  conversation: {
    ...{ id, kind: 'group', title: 'Circle', rev: 1, membersCanInvite: false, historyVisible: true },
    ...{ createdBy: OTHER, createdAt: AT },
  },
  ...{ seq: 1, rev: 1, memberCount: 2, role: 'member', activeAt: AT },
  membership: {
    ...{ conversationId: id, urev: 1, member: true, firstSeq: 1, readSeq: 0, archived: false },
    unread: { count: 0, more: false },
    ...membership,
  },
  ...line,
});

export const aRow = (row: Partial<MessageRow> & { readonly seq: number }): MessageRow => ({
  id: `01a1fc2b-0000-7000-9000-${String(row.seq).padStart(12, '0')}`,
  ...{ rev: row.seq, senderId: OTHER, type: 'text', content: `message ${row.seq}`, sentAt: AT },
  ...row,
});

/** With it each log begins. */
const FIRST = aRow({ seq: 1, type: 'system', content: { event: 'conversation.created' } });

/** The event that a row comes with. */
export const created = (message: MessageRow, conversationId = PLACE): ServerEvent => ({
  type: 'message.created',
  data: { conversationId, rev: message.rev, message },
});

/** A client on a scripted link, with time that the test owns. Reads are answered with what is in `lines`; nothing is in the log. */
export class Stage {
  readonly link = new ScriptedLink();
  readonly timers = new ManualTimers();
  readonly client: Client;
  lines: ListedRow[] = [aLine()];
  /** Of each conversation, ascending. */
  readonly logs = new Map<string, readonly MessageRow[]>([[PLACE, [FIRST]]]);
  /** What the next sync says of each conversation that it is asked for; nothing new, when absent. */
  readonly news = new Map<string, OutputOf<'sync'>['conversations'][number]>();
  now = 0;

  constructor(outbox?: OutboxStorage) {
    const { link } = this;
    link.answers['conversation.list'] = () => ({ conversations: this.lines });
    link.answers['conversation.get'] = ({ conversationId }) =>
      this.lines.find((l) => l.conversation.id === conversationId)!; // the test has put it there
    link.answers['user.me'] = () => ({
      id: ME,
      displayName: 'Me',
      emailConfirmed: false,
      lastSeenVisible: true,
      createdAt: AT,
      urev: 1,
    });
    link.answers['conversation.receipts'] = () => ({ receipts: [], more: false });
    link.answers['conversation.delivered'] = () => ({});
    link.answers['message.history'] = (input) => this.#history(input);
    link.answers.sync = ({ epoch, urev, cursors }) => ({
      ...{ epoch, reset: false, caughtUp: true, user: { upTo: urev, rows: [], more: false, reset: false } },
      conversations: cursors.map(([id, rev]) => this.news.get(id) ?? { id, upTo: rev, rows: [], more: false }),
    });
    const machine = {
      after: (ms: number, work: () => void) => this.timers.after(ms, work),
      random: () => 0.5,
      monotonic: () => this.now,
    };
    this.client = newLiveClient(
      { url: 'http://127.0.0.1', auth: 'a token', link: () => link, ...(outbox && { outbox }) },
      machine,
    );
  }

  get conversation() {
    return this.client.conversations.get(PLACE)!; // it is on the list
  }

  /** What is shown of what people wrote there. */
  get texts(): readonly MessageView[] {
    return this.conversation.messages.messages.filter(({ type }) => type === 'text');
  }

  #history({
    conversationId,
    before = Infinity,
    after,
    limit = 50,
  }: InputOf<'message.history'>): OutputOf<'message.history'> {
    const log = this.logs.get(conversationId) ?? [];
    const found = log.filter(({ seq }) => seq < before && seq > (after ?? 0));
    const messages = after === undefined ? found.slice(-limit) : found.slice(0, limit);
    return { messages, more: messages.length === limit };
  }
}
