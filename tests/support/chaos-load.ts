import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { SendLane } from '#app/application/chat/send-lane.ts';
import type { MessageDraft } from '#app/domain/chat/message.ts';
import type { Rev } from '#app/domain/shared/counters.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import type { ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';
import { aDraft, type Acts, type ChatWorld } from './chat-world.ts';
import type { History, Shown } from './history.ts';

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);

/** What the database holds for it. */
export const textOf = (content: unknown): string => (typeof content === 'string' ? content : JSON.stringify(content));

/** What an attempt came to, as a client must understand it. */
export type SendOutcome =
  | { readonly ok: true; readonly seq: number; readonly rev: number; readonly duplicate: boolean }
  | { readonly ok: false; readonly code: string; readonly rule: string };

/** The rules of `unavailable` by which nothing was stored for certain. */
const NOT_TRIED = ['order', 'send_queue_full', 'draining'];

/**
 * The window of who comes and goes. Had they several under way, one could be refused while they are gone and the next be stored
 * when they are back; sent again, because its answer got lost, the first would stand behind it.
 */
export const LONELY = 1;

/**
 * A client as the protocol tells it to be: it keeps a window of messages in flight, and after a failure sends all that
 * is not acked again, in order and with the same ids, until each is acked or refused for good.
 */
export class Sender {
  #running = true;
  readonly #done: Promise<void>;
  acked = 0;
  /** The last that was acked. */
  lastId: MessageId | undefined;

  constructor(
    private readonly history: History,
    readonly client: string,
    readonly user: UserId,
    readonly conv: ConversationId,
    private readonly attempt: (draft: MessageDraft) => Promise<SendOutcome>,
    private readonly windowSize = 4,
    /** Of rest after each window; a load that saturates the machine measures the machine. */
    private readonly restMs = 5,
  ) {
    this.#done = this.#run();
  }

  /** Sends nothing new; resolves when all that was begun is settled. */
  stop(): Promise<void> {
    this.#running = false;
    return this.#done;
  }

  async #run(): Promise<void> {
    let open: MessageDraft[] = [];
    for (let count = 0; this.#running || open.length > 0; ) {
      while (this.#running && open.length < this.windowSize)
        open.push(aDraft({ conversationId: this.conv, senderId: this.user, text: `${this.client} ${++count}` }));
      const settled = await Promise.all(open.map((draft) => this.#send(draft)));
      const failed = settled.includes(false);
      open = open.filter((_, at) => !settled[at]);
      await pause(failed ? 50 : this.restMs);
    }
  }

  /** @returns whether it needs not be sent again */
  async #send(draft: MessageDraft): Promise<boolean> {
    const op = this.history.nextOp();
    const { client, user, conv } = this;
    this.history.add({ type: 'send.invoke', op, client, user, conv, id: draft.id, hash: hashOf(draft.content) });
    const outcome = await this.attempt(draft);
    if (outcome.ok) {
      const { seq, rev, duplicate } = outcome;
      this.history.add({ type: 'send.ack', op, seq, rev, duplicate });
      this.acked++;
      this.lastId = draft.id;
      return true;
    }
    const again = outcome.code === 'unavailable';
    const unknown = again && !NOT_TRIED.includes(outcome.rule);
    this.history.add({ type: 'send.err', op, outcome: unknown ? 'ambiguous' : 'definite', code: outcome.rule });
    return !again;
  }
}

/** Straight into the log, by a lane of its own as a connection has it. */
export const overLog = (world: ChatWorld): ((draft: MessageDraft) => Promise<SendOutcome>) => {
  const lane = new SendLane();
  return async (draft) => {
    const result = await world.log.append(draft, lane);
    if (result.ok) return result;
    return { ok: false, code: result.refusal.kind, rule: result.refusal.rule };
  };
};

/** What a change of members came to; `rev` when it is known. */
export type MemberOutcome =
  | { readonly ok: true; readonly rev?: number }
  | { readonly ok: false; readonly again: boolean };

/** Adds and removes one user for as long as it runs. */
export class Churn {
  #running = true;
  readonly #done: Promise<void>;

  constructor(
    private readonly history: History,
    private readonly conv: ConversationId,
    private readonly user: UserId,
    private readonly attempt: (change: 'add' | 'remove') => Promise<MemberOutcome>,
    private readonly restMs = 40,
  ) {
    this.#done = this.#run();
  }

  stop(): Promise<void> {
    this.#running = false;
    return this.#done;
  }

  async #run(): Promise<void> {
    let add = false;
    while (this.#running) {
      if (await this.#change(add ? 'add' : 'remove')) add = !add;
      await pause(this.restMs);
    }
  }

  /** @returns whether it stands; the second try of what had been committed is refused, or changes nothing */
  async #change(change: 'add' | 'remove'): Promise<boolean> {
    const op = this.history.nextOp();
    this.history.add({ type: 'member.invoke', op, conv: this.conv, user: this.user, change });
    const outcome = await this.attempt(change);
    if (outcome.ok) this.history.add({ type: 'member.ack', op, rev: outcome.rev ?? UNTOLD });
    else this.history.add({ type: 'member.err', op, outcome: outcome.again ? 'ambiguous' : 'definite' });
    return outcome.ok || !outcome.again;
  }
}

/** No rev of a change; the log tells it. */
const UNTOLD = 0;

export const overConversations =
  (acts: Acts, conv: ConversationId, owner: UserId, user: UserId) =>
  async (change: 'add' | 'remove'): Promise<MemberOutcome> => {
    try {
      const changed = await (change === 'add' ? acts.add(conv, owner, [user]) : acts.remove(conv, owner, user));
      return { ok: true, ...(changed && { rev: changed.event.rev }) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ok: false, again: error.kind === 'unavailable' };
    }
  };

/** One who follows a conversation by catching up, over and over, and reads a page now and then. */
export class Follower {
  #running = true;
  readonly #done: Promise<void>;
  #cursor = 0;
  #joined = 0;
  #stays = 0;
  #held = new Map<string, Shown>();

  constructor(
    private readonly history: History,
    private readonly world: ChatWorld,
    private readonly name: string,
    private readonly user: UserId,
    private readonly conv: ConversationId,
  ) {
    this.#done = this.#run();
  }

  /** Catches up a last time and says what it shows. */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
    await this.#catchUp();
    const rows = [...this.#held.values()].toSorted((a, b) => a.seq - b.seq);
    const unread = this.#joined === 0 ? 0 : await this.#unread();
    this.history.add({ type: 'shown', client: this.#client, user: this.user, conv: this.conv, rows, unread });
  }

  /** Another stay begins with nothing, as a cursor of the one before is none of this one. */
  get #client(): string {
    return `${this.name}#${this.#stays}`;
  }

  async #run(): Promise<void> {
    let round = 0;
    while (this.#running) {
      try {
        await this.#catchUp();
        if (round++ % 4 === 0) await this.#page();
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
      await pause(15);
    }
  }

  async #catchUp(): Promise<void> {
    const [standing] = await this.world.feed.standings(this.user, [this.conv]);
    if (standing?.joinedRev !== this.#joined) {
      this.#held = new Map();
      this.#cursor = 0;
      this.#stays++;
      this.#joined = standing?.joinedRev ?? 0;
    }
    while (standing && this.#cursor < standing.rev) {
      const range = { after: this.#cursor as Rev, upTo: standing.rev, firstSeq: standing.firstSeq, limit: 500 };
      const { rows, more } = await this.world.feed.changes(this.conv, range);
      for (const row of rows) {
        if (row.kind !== 'message') continue;
        const { id, seq, content } = row.message;
        const hash = hashOf(textOf(content));
        this.#held.set(id, { id, seq, hash });
        this.history.add({
          type: 'recv',
          client: this.#client,
          user: this.user,
          conv: this.conv,
          rev: row.rev,
          seq,
          id,
          hash,
        });
      }
      this.#cursor = more ? rows.at(-1)!.rev : standing.rev; // a page with more has rows
    }
  }

  async #page(): Promise<void> {
    const invokedAt = performance.now();
    const { reader } = this.world;
    const rows = await reader
      .access(this.conv, this.user)
      .then((access) => reader.history(access, { limit: 30 }))
      .catch((error: unknown) => {
        if (error instanceof Refusal && error.kind === 'not_found') return [];
        throw error;
      });
    const shown = rows.map(({ id, seq, content }) => ({ id, seq, hash: hashOf(textOf(content)) }));
    const from = shown[0]?.seq ?? 1;
    this.history.add({
      type: 'page',
      client: this.#client,
      user: this.user,
      conv: this.conv,
      invokedAt,
      from,
      rows: shown,
    });
  }

  async #unread(): Promise<number> {
    const { reader } = this.world;
    return (await reader.get(await reader.access(this.conv, this.user))).membership.unread.count;
  }
}
