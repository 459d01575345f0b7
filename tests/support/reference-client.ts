import { setTimeout as sleep } from 'node:timers/promises';
import { v7 } from 'uuid';
import { WebSocket } from 'ws';
import { Held, type ConversationRow, type MemberRow, type MessageRow } from './held.ts';
import { eventually } from './raw-socket.ts';

/** As docs/protocol.md has it; written down here again on purpose, so that the server's own types prove nothing. */
export interface MembershipRow {
  readonly conversationId: string;
  readonly urev: number;
  readonly member: boolean;
  readonly firstSeq: number;
  readonly readSeq: number;
  readonly unread: { readonly count: number; readonly more: boolean };
  readonly mutedUntil?: string;
  readonly archived: boolean;
}
type Row =
  | { readonly kind: 'message'; readonly message: MessageRow }
  | { readonly kind: 'member'; readonly member: MemberRow }
  | { readonly kind: 'conversation'; readonly conversation: ConversationRow };
type OwnRow =
  | { readonly kind: 'membership'; readonly membership: MembershipRow }
  | { readonly kind: 'block'; readonly userId: string; readonly blocked: boolean; readonly urev: number }
  | { readonly kind: 'profile'; readonly displayName: string; readonly urev: number };

interface Frame {
  readonly id?: number;
  readonly type?: string;
  readonly ok?: boolean;
  readonly data?: Data;
  readonly error?: { readonly code: string; readonly rule?: string };
}
/** Whatever an event or a reply carries; each reader names what it takes. */
interface Data {
  readonly conversationId?: string;
  readonly rev?: number;
  readonly urev?: number;
  readonly seq?: number;
  readonly from?: number;
  readonly upTo?: number;
  readonly hidden?: number;
  readonly rows?: readonly unknown[];
  readonly message?: MessageRow;
  readonly members?: readonly MemberRow[];
  readonly conversation?: ConversationRow;
  readonly membership?: MembershipRow;
  readonly [more: string]: unknown;
}

interface SyncReply {
  readonly epoch: string;
  readonly reset: boolean;
  readonly user?: { upTo: number; rows: readonly OwnRow[]; more: boolean; reset: boolean };
  readonly conversations: readonly {
    readonly id: string;
    readonly upTo: number;
    readonly rows?: readonly Row[];
    readonly more?: boolean;
    readonly gap?: true;
    readonly reset?: true;
    readonly gone?: true;
  }[];
  readonly next?: string;
  readonly caughtUp: boolean;
}

/** A message that was written and has no answer yet. */
export interface Pending {
  readonly id: string;
  readonly conversationId: string;
  readonly content: string;
  readonly replyTo?: number;
}

export class Refused extends Error {
  constructor(
    readonly code: string,
    readonly rule: string | undefined,
  ) {
    super(`refused: ${code} ${rule ?? ''}`);
  }
}

/** Not an answer: nothing is known of what was asked. */
class Lost extends Error {}

interface Waiting {
  readonly type: string;
  readonly input: Data;
  resolve(data: Data): void;
  reject(error: Error): void;
}

interface Ahead {
  readonly rev: number;
  apply(): void;
}

/** Ids of the messages with words that are anywhere in a frame. */
const textsIn = function* (value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  const { id, seq, type, content } = value as Partial<MessageRow>;
  if (type === 'text' && content !== undefined && id !== undefined && seq !== undefined) yield id;
  for (const part of Object.values(value)) yield* textsIn(part);
};

const revsOf = (ahead: readonly { readonly rev: number }[]) => ahead.map(({ rev }) => rev).join();

/** How long an event may stay ahead of the others before its conversation is synced. */
const PATIENCE_MS = 250;
const DEADLINE_MS = 30_000;
const TURNED_AWAY_MS = 100;

/**
 * One device, by the letter of docs/protocol.md: it keeps rows and cursors over all its connections, applies events by
 * their counters, catches up after each `auth`, and shows the whole of every conversation. What it holds after it has
 * caught up is compared with the database.
 */
export class ReferenceClient {
  epoch: string | undefined;
  urev = 0;
  readonly held = new Map<string, Held>();
  readonly memberships = new Map<string, MembershipRow>();
  readonly blocked = new Map<string, { readonly urev: number; readonly blocked: boolean }>();
  readonly outbox: Pending[] = [];
  /** Sends that were refused for good. */
  readonly refused: { readonly id: string; readonly error: Refused }[] = [];
  /** Ids of all texts that ever reached it, whichever way. */
  readonly seen = new Set<string>();
  /** What it went through, for tests that want to know that they tested it. */
  readonly met = { events: 0, repairs: 0, syncs: 0, gaps: 0, resets: 0, gone: 0, duplicates: 0, advanced: 0 };

  /** Where it last connected. */
  url = '';
  /** By the server, the last time. */
  closedWith: number | undefined;

  #socket: WebSocket | undefined;
  /** Nothing is said before `auth` is answered. */
  #known = false;
  #lastId = 0;
  readonly #waiting = new Map<number, Waiting>();
  #ownAhead: Ahead[] = [];
  /** Events of conversations that are not held yet, while one is being fetched. */
  #early: { readonly conversationId: string; readonly handle: () => void }[] = [];
  #fetching = 0;
  /** The latest fetch of each conversation; the answer to an older one counts no more. */
  readonly #fetches = new Map<string, symbol>();
  #syncing: Promise<void> | undefined;
  /** What was written before is answered: what is written now may go out at once. */
  #live = false;
  readonly #underWay = new Set<Promise<void>>();
  readonly #busy = new Set<Promise<void>>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  #failure: unknown;

  constructor(
    private readonly userId: string,
    private readonly token: string,
  ) {}

  get connected(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Nothing is under way: no request, no hole, no message without an answer. */
  get calm(): boolean {
    if (this.#failure) throw this.#failure;
    const ahead = [...this.held.values()].some((one) => one.ahead.length > 0);
    return this.connected && this.#busy.size === 0 && this.outbox.length === 0 && !ahead && this.#ownAhead.length === 0;
  }

  /** Opens a connection, authenticates, catches up, sends again what has no answer. Resolves when all that is done. */
  async connect(url: string): Promise<void> {
    this.drop();
    this.url = url;
    const socket = new WebSocket(url, { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      if (this.#socket !== socket) return;
      try {
        this.#hear(JSON.parse(data.toString()) as Frame);
      } catch (error) {
        this.#failure ??= error;
      }
    });
    socket.on('error', () => {});
    socket.on('close', (code) => {
      if (this.#socket !== socket) return;
      this.closedWith = code;
      this.drop();
    });
    let turnedAway = false;
    await this.#do(async () => {
      await new Promise<void>((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('close', () => reject(new Lost('no connection')));
      });
      const { epoch, urev } = await this.call('auth', { token: this.token }).catch((error: unknown) => {
        turnedAway = error instanceof Refused && error.code === 'unavailable';
        throw turnedAway ? new Lost('it can not be judged who this is') : error;
      });
      this.#known = true;
      if (this.epoch === undefined) await this.#begin(epoch as string, urev as number);
      else await this.#catchUp();
      await this.#resend();
    });
    if (!turnedAway) return;
    this.drop();
    await sleep(TURNED_AWAY_MS);
    if (!this.#socket) await this.connect(url);
  }

  /** The connection is gone, in whatever moment. What is half fetched is not held. */
  drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#known = false;
    this.#live = false;
    socket?.terminate();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#early = [];
    this.#ownAhead = [];
    for (const [id, held] of this.held) {
      held.ahead = [];
      if (!held.whole) this.held.delete(id);
    }
    for (const { reject } of this.#waiting.values()) reject(new Lost('the connection was lost'));
    this.#waiting.clear();
  }

  /** Writes a message: it is pending until there is an answer, over however many connections that takes. */
  send(conversationId: string, content: string, replyTo?: number): Promise<void> {
    const pending: Pending = { id: v7(), conversationId, content, ...(replyTo !== undefined && { replyTo }) };
    this.outbox.push(pending);
    return this.#live ? this.#do(() => this.#sendLive(pending)) : Promise.resolve();
  }

  /** @throws Refused, or Lost when the connection ended before the answer */
  call(type: string, input: Data = {}): Promise<Data> {
    const socket = this.#socket;
    if (!socket || socket.readyState !== WebSocket.OPEN || (type !== 'auth' && !this.#known))
      return Promise.reject(new Lost('not connected'));
    const id = ++this.#lastId;
    const reply = new Promise<Data>((resolve, reject) => this.#waiting.set(id, { type, input, resolve, reject }));
    socket.send(JSON.stringify({ id, type, data: input }));
    return reply;
  }

  /** As `call`, again while it is `unavailable`: for what it can't go on without. */
  async #insist(type: string, input: Data = {}): Promise<Data> {
    for (const socket = this.#socket; ; await sleep(50)) {
      if (this.#socket !== socket) throw new Lost('another connection does it');
      try {
        return await this.call(type, input);
      } catch (error) {
        if (!(error instanceof Refused && error.code === 'unavailable')) throw error;
      }
    }
  }

  /** As `call`, for what nobody waits for: a refusal or a lost connection is not this client's failure. */
  async attempt(type: string, input: Data): Promise<void> {
    await this.#do(async () => {
      await this.call(type, input).catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error;
      });
    });
  }

  async settled(): Promise<void> {
    await eventually(() => this.calm, 'the client is calm', DEADLINE_MS).catch(() => {
      throw new Error(`not calm: ${this.#state}`);
    });
  }

  get #state(): string {
    const ahead = [...this.held].flatMap(([id, { cursor, ahead }]) =>
      ahead.length > 0 ? [`${id} at ${cursor} waits for ${revsOf(ahead)}`] : [],
    );
    return [
      this.connected ? 'connected' : `closed with ${this.closedWith}`,
      `${this.#busy.size} at work, ${this.outbox.length} to send, waiting for`,
      [...this.#waiting.values()].map(({ type }) => type).join() || 'nothing',
      ...ahead,
      ...(this.#ownAhead.length > 0 ? [`own ${this.urev} waits for ${revsOf(this.#ownAhead)}`] : []),
    ].join(', ');
  }

  /** Unread of a conversation, counted along by the rule of the protocol: exact up to a thousand. */
  unreadOf(conversationId: string): number {
    const { readSeq = 0 } = this.memberships.get(conversationId) ?? {};
    const others = (this.held.get(conversationId)?.log ?? []).filter(
      (m) => m.seq > readSeq && m.senderId !== this.userId && m.type !== 'system' && m.deletedAt === undefined,
    );
    return Math.min(others.length, 1_000);
  }

  /** Work that ends with its connection; anything else that goes wrong is kept for whoever looks at `calm`. */
  #do(work: () => Promise<void>): Promise<void> {
    const done: Promise<void> = work()
      .catch((error: unknown) => {
        if (!(error instanceof Lost)) this.#failure ??= error;
      })
      .finally(() => this.#busy.delete(done));
    this.#busy.add(done);
    return done;
  }

  async #transmit(pending: Pending): Promise<void> {
    try {
      const { duplicate } = await this.call('message.send', { ...pending });
      if (duplicate) this.met.duplicates++;
      this.#answered(pending);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code === 'unavailable' || error.code === 'rate_limited') return;
      this.#answered(pending);
      this.refused.push({ id: pending.id, error });
    }
  }

  #answered(pending: Pending): void {
    const at = this.outbox.indexOf(pending);
    if (at >= 0) this.outbox.splice(at, 1);
  }

  /** From the oldest on, in order, not waiting for one before the next; again while some are `unavailable`. */
  async #resend(): Promise<void> {
    const socket = this.#socket;
    while (this.outbox.length > 0) {
      if (this.#socket !== socket) throw new Lost('another connection does it');
      await Promise.all(this.outbox.map((pending) => this.#transmit(pending)));
      if (this.outbox.length > 0) await sleep(50);
    }
    this.#live = true;
  }

  async #sendLive(pending: Pending): Promise<void> {
    const sent = this.#transmit(pending);
    this.#underWay.add(sent);
    await sent.finally(() => this.#underWay.delete(sent));
    if (!this.#live || !this.outbox.includes(pending)) return;
    this.#live = false;
    await Promise.all(this.#underWay);
    await this.#resend();
  }

  // With nothing in hand

  async #begin(epoch: string, urev: number): Promise<void> {
    this.epoch = undefined;
    this.held.clear();
    this.memberships.clear();
    this.blocked.clear();
    this.urev = urev;
    await this.#while(async () => {
      for (let after: unknown; ; ) {
        const page = await this.#insist('conversation.list', {
          limit: 100,
          archived: true,
          ...(after !== undefined && { after }),
        });
        for (const line of page['conversations'] as {
          conversation: ConversationRow;
          rev: number;
          membership: MembershipRow;
        }[]) {
          this.#membership(line.membership);
          if (!this.held.has(line.conversation.id)) this.#hold(line.conversation, line.rev);
        }
        after = page['next'];
        if (after === undefined) break;
      }
    });
    const { blocks } = await this.#insist('block.list', { limit: 100 });
    for (const { userId } of blocks as { userId: string }[])
      if (!this.blocked.has(userId)) this.blocked.set(userId, { urev: 0, blocked: true });
    for (const [id, held] of [...this.held]) await this.#fill(id, held);
    this.epoch = epoch;
  }

  /** While a list or a line is under way, events of conversations that are not held yet wait for it. */
  async #while(work: () => Promise<void>): Promise<void> {
    this.#fetching++;
    try {
      await work();
    } finally {
      this.#fetching--;
      if (this.#fetching === 0) for (const { handle } of this.#early.splice(0)) handle();
    }
  }

  #hold(conversation: ConversationRow, rev: number): Held {
    const held = new Held(rev, conversation);
    this.held.set(conversation.id, held);
    for (const { handle } of this.#early.filter((one) => one.conversationId === conversation.id)) handle();
    this.#early = this.#early.filter((one) => one.conversationId !== conversation.id);
    return held;
  }

  /** The rows of a conversation whose cursor is taken already. */
  async #fill(id: string, held: Held): Promise<void> {
    try {
      for (let before: number | undefined; ; ) {
        const page = await this.#insist('message.history', {
          conversationId: id,
          limit: 100,
          ...(before !== undefined && { before }),
        });
        const messages = page['messages'] as MessageRow[];
        for (const message of messages) held.message(message);
        before = messages[0]?.seq;
        if (!page['more'] || before === undefined) break;
      }
      for (let after: string | undefined; ; ) {
        const page = await this.#insist('member.list', {
          conversationId: id,
          limit: 100,
          ...(after !== undefined && { after }),
        });
        const members = page['members'] as MemberRow[];
        for (const member of members) held.member(member);
        after = members.at(-1)?.userId;
        if (!page['more'] || after === undefined) break;
      }
      held.whole = true;
    } catch (error) {
      // removed meanwhile; the event that says so is on its way
      if (!(error instanceof Refused && error.code === 'not_found')) throw error;
    }
  }

  #fetch(id: string): void {
    const latest = Symbol(id);
    this.#fetches.set(id, latest);
    void this.#do(() =>
      this.#while(async () => {
        try {
          const line = await this.#insist('conversation.get', { conversationId: id });
          if (this.#fetches.get(id) !== latest) return;
          await this.#fill(id, this.#hold(line.conversation!, line.rev!)); // a line has both
        } catch (error) {
          // removed meanwhile; the event that says so is on its way
          if (!(error instanceof Refused && error.code === 'not_found')) throw error;
        }
      }),
    );
  }

  // Frames

  #hear(frame: Frame): void {
    for (const id of textsIn(frame.data)) this.seen.add(id);
    if (frame.id === undefined) return this.#event(frame.type!, frame.data!); // an event has both
    const waiting = this.#waiting.get(frame.id);
    if (!waiting) return;
    this.#waiting.delete(frame.id);
    if (!frame.ok) return waiting.reject(new Refused(frame.error!.code, frame.error!.rule)); // a refusal has one
    this.#replyAsEvent(waiting, frame.data!); // an answer has it
    waiting.resolve(frame.data!); // as above
  }

  #replyAsEvent({ type, input }: Waiting, data: Data): void {
    const { conversationId } = input;
    if (type === 'message.send') {
      const { id, content, replyTo } = input as unknown as Pending;
      const { seq, rev, sentAt } = data as unknown as MessageRow;
      const message: MessageRow = {
        ...{ id, seq, rev, senderId: this.userId, type: 'text', content, sentAt },
        ...(replyTo !== undefined && { replyTo }),
      };
      this.#event('message.created', { conversationId: conversationId!, rev, message }); // it was sent with one
    } else if (type === 'message.edit' || type === 'message.delete') {
      const message = data.message!; // its answer
      this.#event('message.edited', { conversationId: conversationId!, rev: message.rev, message });
    } else if (type === 'conversation.read' || type === 'conversation.settings') {
      const membership = data.membership!; // its answer
      this.#event('membership.changed', { urev: membership.urev, membership });
    } else if (type === 'user.update') this.#event('profile.changed', { urev: data.urev!, ...data }); // its answer
  }

  #event(type: string, data: Data): void {
    this.met.events++;
    if (type === 'user.changes') return this.#ownChanges(data.from!, data.upTo!, data.rows as OwnRow[]); // as the schema says
    if (data.urev !== undefined) return this.#own(data.urev, () => this.#ownEvent(type, data));
    const id = data.conversationId;
    if (id === undefined || (data.rev === undefined && data.upTo === undefined)) return; // ephemeral
    const held = this.held.get(id);
    if (!held) {
      if (this.#fetching > 0)
        this.#early.push({ conversationId: id, handle: () => this.held.has(id) && this.#event(type, data) });
      return;
    }
    if (type === 'conversation.changes') this.#changes(id, held, data);
    else if (type === 'conversation.advanced' && data.rev! > held.cursor && data.seq! >= this.#firstSeqOf(id))
      void this.#do(() => this.#catchUp([id])); // the cursor stays, so that sync tells what it was
    else this.#counted(id, held, data.rev!, () => this.#apply(held, type, data)); // it counts
  }

  /** Rules 1 to 3. */
  #counted(id: string, held: Held, rev: number, apply: () => void): void {
    if (rev <= held.cursor) return;
    if (rev > held.cursor + 1) {
      held.ahead.push({ rev, apply });
      return this.#patience(id, () => this.#catchUp([id]));
    }
    apply();
    held.cursor = rev;
    this.#release(id, held);
  }

  #release(id: string, held: Held): void {
    for (const { rev, apply } of held.ahead.splice(0).toSorted((a, b) => a.rev - b.rev))
      this.#counted(id, held, rev, apply);
    if (held.ahead.length === 0) this.#impatient(id);
  }

  #apply(held: Held, type: string, { message, members, conversation }: Data): void {
    if (type === 'conversation.advanced') this.met.advanced++;
    if (message) held.message(message);
    for (const member of members ?? []) held.member(member);
    if (conversation) held.about(conversation);
  }

  /** A repair stands for all events in `from` < rev ≤ `upTo`. */
  #changes(id: string, held: Held, { from, upTo, rows, hidden = 0 }: Data): void {
    this.met.repairs++;
    if (upTo! <= held.cursor) return; // as the schema says
    if (from! > held.cursor || hidden >= this.#firstSeqOf(id)) return void this.#do(() => this.#catchUp([id]));
    for (const row of rows as Row[]) held.row(row);
    held.cursor = upTo!; // as the schema says
    this.#release(id, held);
  }

  #own(urev: number, apply: () => void): void {
    if (urev <= this.urev) return;
    if (urev > this.urev + 1) {
      this.#ownAhead.push({ rev: urev, apply });
      return this.#patience('', () => this.#catchUp([]));
    }
    apply();
    this.urev = urev;
    this.#releaseOwn();
  }

  #releaseOwn(): void {
    for (const { rev, apply } of this.#ownAhead.splice(0).toSorted((a, b) => a.rev - b.rev)) this.#own(rev, apply);
    if (this.#ownAhead.length === 0) this.#impatient('');
  }

  #ownChanges(from: number, upTo: number, rows: readonly OwnRow[]): void {
    this.met.repairs++;
    if (upTo <= this.urev) return;
    if (from > this.urev) return void this.#do(() => this.#catchUp([]));
    for (const row of rows) this.#ownRow(row);
    this.urev = upTo;
    this.#releaseOwn();
  }

  #ownEvent(type: string, { membership, userId, blocked, urev }: Data): void {
    if (membership) this.#membership(membership, type === 'membership.joined');
    if (type === 'block.changed') this.#block(userId as string, blocked as boolean, urev!); // it counts
  }

  #ownRow(row: OwnRow): void {
    if (row.kind === 'membership') this.#membership(row.membership);
    if (row.kind === 'block') this.#block(row.userId, row.blocked, row.urev);
  }

  #block(userId: string, blocked: boolean, urev: number): void {
    if (urev > (this.blocked.get(userId)?.urev ?? -1)) this.blocked.set(userId, { urev, blocked });
  }

  #membership(row: MembershipRow, joined = false): void {
    const { conversationId: id, member, urev } = row;
    const before = this.memberships.get(id);
    if (before && urev <= before.urev) return;
    this.memberships.set(id, row);
    this.held.get(id)?.forgetBelow(row.firstSeq);
    if (!member) this.#forget(id);
    else if (joined || (before && !before.member) || (!this.held.has(id) && this.epoch !== undefined)) {
      this.#forget(id);
      this.#fetch(id);
    }
  }

  #firstSeqOf(id: string): number {
    return this.memberships.get(id)?.firstSeq ?? 1;
  }

  #forget(id: string): void {
    this.#fetches.delete(id);
    this.held.delete(id);
    this.#impatient(id);
  }

  #patience(id: string, work: () => Promise<void>): void {
    if (this.#timers.has(id)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(id);
      void this.#do(work);
    }, PATIENCE_MS);
    this.#timers.set(id, timer);
  }

  #impatient(id: string): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
  }

  // Catching up

  /** Of everything, or of some; one after another, so that answers can't cross. */
  async #catchUp(only?: readonly string[]): Promise<void> {
    while (this.#syncing) await this.#syncing.catch(() => {});
    this.#syncing = this.#sync(only).finally(() => (this.#syncing = undefined));
    await this.#syncing;
  }

  async #sync(only: readonly string[] | undefined): Promise<void> {
    this.met.syncs++;
    /** Answers are about what was held when it was asked for, not about what was fetched anew meanwhile. */
    const asked = new Map([...this.held].filter(([id]) => !only || only.includes(id)));
    const request = {
      epoch: this.epoch!, // known since it began
      urev: this.urev,
      cursors: [...asked].map(([id, held]) => [id, held.cursor]),
    };
    for (let next: string | undefined; ; ) {
      const reply = (await this.#insist('sync', {
        ...request,
        ...(next !== undefined && { next }),
      })) as unknown as SyncReply;
      if (reply.reset) {
        this.met.resets++;
        return this.#begin(reply.epoch, reply.user!.upTo); // a reset tells it
      }
      this.#syncedOwn(reply.user);
      for (const synced of reply.conversations) {
        if (synced.gone) this.met.gone++;
        if (this.held.get(synced.id) === asked.get(synced.id)) this.#synced(synced);
      }
      next = reply.next;
      if (reply.caughtUp !== (next === undefined)) throw new Error('caught up with something left, or the reverse');
      if (next === undefined) break;
    }
    for (const [id, { member }] of this.memberships) if (member && !this.held.has(id)) this.#fetch(id);
    this.#releaseOwn();
    for (const [id, held] of this.held) this.#release(id, held);
  }

  #syncedOwn(user: SyncReply['user']): void {
    if (!user) return;
    if (user.reset) throw new Error('the urev of this client is from the future');
    for (const row of user.rows) this.#ownRow(row);
    if (!user.more) this.urev = Math.max(this.urev, user.upTo);
  }

  #synced({ id, upTo, rows, more, gone, gap, reset }: SyncReply['conversations'][number]): void {
    const held = this.held.get(id);
    if (!held) return;
    if (gone) return this.#forget(id);
    if (gap || reset) {
      if (gap) this.met.gaps++;
      else this.met.resets++;
      this.held.delete(id);
      return this.#fetch(id);
    }
    for (const row of rows ?? []) held.row(row);
    if (!more) held.cursor = Math.max(held.cursor, upTo);
  }
}
