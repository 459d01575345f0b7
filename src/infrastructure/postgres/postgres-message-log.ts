import type { Pool, PoolClient } from 'pg';
import type { SendLane } from '#app/application/chat/send-lane.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { AppendResult, MessageLog } from '#app/application/ports/message-log.ts';
import { sendRefusals } from '#app/domain/chat/admission.ts';
import type { MessageDraft } from '#app/domain/chat/message.ts';
import type { Rev, Seq } from '#app/domain/shared/counters.ts';
import { Refusal, unavailable } from '#app/domain/shared/domain-error.ts';
import type { ConversationId } from '#app/domain/shared/ids.ts';
import { appendDrafts, type Verdict } from './append-drafts.ts';
import { atDeadline } from './deadline.ts';
import { DISK_FULL, type Failure, failureOf } from './failure.ts';
import { HeldSends } from './held-sends.ts';

/** What the log tells whoever counts. All calls are synchronous and must not throw. */
export interface MessageLogObserver {
  batch(size: number, ms: number): void;
  failed(failure: Failure, size: number): void;
  /** Outcomes that became known by running the batch again; `stored` of them had been committed by the attempt that broke. */
  settled(size: number, stored: number): void;
  /** These may have been committed without anybody having announced it: compare their heads with what was fanned out. */
  uncertain(conversations: ReadonlySet<ConversationId>): void;
}

export interface MessageLogOptions {
  /** Connections of its own, never shared with slower work: up to three batches, and three side lanes. They are kept between batches. */
  readonly pool: Pool;
  readonly clock: Clock;
  readonly observer: MessageLogObserver;
  /** Sends waiting or in flight at once; one more is `unavailable`. */
  readonly queueLimit: number;
  /** Sends in one round trip. */
  readonly batchLimit: number;
  /** After so many milliseconds without an answer the connection is cut and the outcome is ambiguous. */
  readonly deadlineMs: number;
  /** Nobody begins to wait for a batch after so many milliseconds; they get `unavailable`. */
  readonly patienceMs: number;
}

interface Pending {
  readonly draft: MessageDraft;
  readonly lane: SendLane | undefined;
  /** In the lane. */
  readonly place: number;
  readonly since: number;
  readonly answer: (result: AppendResult) => void;
  /** An attempt broke after it may have committed. */
  ambiguous: boolean;
}

/** For conversations that somebody keeps locked, one each; one more is for all that other nodes' batches hold. */
const SIDE_LANES = 2;
/** A lock is waited for so long there; longer than a batch takes, and not so long that one kept lock delays many. */
const TOGETHER_MS = 300;
const ALONE_MS = 800;
/** Batches on their way at once while there are few sends in them. */
const LONELY_FLIGHTS = 3;
const FEW = 4;
/** How long a batch waits for as many as the last one had, where conversations are crowded; and how long they count as that. */
const LINGER_MS = 0.3;
const CROWD_MEMORY_MS = 50;
const RETRY_PAUSE_MS = 50;

/**
 * Group commit. While one batch is on its way to PostgreSQL, the sends that arrive form the next one, so latency is one
 * commit at low load and throughput grows with load. Conversations that somebody else has locked take side lanes: one
 * locked conversation must not stop the node. Most such locks are those of another node's batch and end all at once, so they are
 * waited for together, in one batch; only what stays locked is waited for alone.
 */
export class PostgresMessageLog implements MessageLog {
  #queue: Pending[] = [];
  readonly #held = new HeldSends<Pending>();
  #size = 0;
  /** Conversations of the batches that are on their way; each is in at most one. */
  readonly #flying = new Set<ConversationId>();
  #flights = 0;
  /** When a batch last held several sends to one conversation, and how many sends it held. */
  #crowdedAt = Number.NEGATIVE_INFINITY;
  #lastBatch = 0;
  #together = false;
  #alone = 0;
  #scheduled = false;
  /** Monotonic time since when the database has been failing; undefined while it answers. */
  #failingSince: number | undefined;
  /** The last batch found no space on the server's disk. */
  #full = false;
  /** Connections between two batches, for asking the pool takes some turns of the event loop. */
  readonly #kept: PoolClient[] = [];
  #closed = false;
  #emptied: (() => void) | undefined;

  constructor(private readonly options: MessageLogOptions) {}

  /** Sends waiting or in flight. */
  get size(): number {
    return this.#size;
  }

  /** The last batch broke with the connection, and none has gone through since. */
  get failing(): boolean {
    return this.#failingSince !== undefined;
  }

  append(draft: MessageDraft, lane?: SendLane): Promise<AppendResult> {
    if (this.#closed) return Promise.resolve(refused(unavailable('draining', 500)));
    const place = lane?.enter() ?? 0;
    const turnedAway = (rule: string) => {
      lane?.break(place, draft.id);
      return Promise.resolve(refused(unavailable(rule)));
    };
    if (this.#size >= this.options.queueLimit) return turnedAway('send_queue_full');
    const since = this.options.clock.monotonic();
    if (this.#failingSince !== undefined && since - this.#failingSince > this.options.patienceMs && this.#flights > 0)
      return turnedAway('database_away');
    return new Promise((answer) => {
      this.#size++;
      this.#queue.push({ draft, lane, place, since, answer, ambiguous: false });
      this.#schedule();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#size > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
    for (const client of this.#kept.splice(0)) client.release();
  }

  /**
   * A lonely send need not wait for a turn of the event loop. Where several write to one conversation at once, those who
   * follow each other within a moment share a batch, for then their events share a write to each of its members.
   */
  #schedule(): void {
    if (this.#scheduled || !this.#mayFly) return;
    this.#scheduled = true;
    const now = this.options.clock.monotonic();
    if (now - this.#crowdedAt > CROWD_MEMORY_MS) queueMicrotask(() => this.#start());
    else this.#linger(now);
  }

  #linger(since: number): void {
    setImmediate(() => {
      const waited = this.options.clock.monotonic() - since;
      if (waited < LINGER_MS && this.#queue.length < this.#lastBatch) this.#linger(since);
      else this.#start();
    });
  }

  #start(): void {
    this.#scheduled = false;
    this.#pump();
  }

  /** A batch of many has the database to itself; a few lonely sends may go side by side, or each would wait for a stranger's commit. */
  get #mayFly(): boolean {
    return this.#flights === 0 || (this.#flights < LONELY_FLIGHTS && this.#flying.size < FEW);
  }

  #pump(): void {
    while (this.#mayFly) {
      const batch = this.#take();
      if (batch.length === 0) break;
      this.#fly(batch);
    }
    if (this.#held.empty) return;
    this.#failLate();
    this.#pumpTogether();
    this.#pumpAlone();
  }

  #fly(batch: Pending[]): void {
    const conversations = new Set(batch.map((pending) => pending.draft.conversationId));
    for (const id of conversations) this.#flying.add(id);
    this.#flights++;
    if (conversations.size < batch.length) {
      this.#crowdedAt = this.options.clock.monotonic();
      this.#lastBatch = batch.length;
    }
    void this.#run(batch, 0).finally(() => {
      for (const id of conversations) this.#flying.delete(id);
      this.#flights--;
      if (this.#queue.length > 0) this.#schedule();
      if (!this.#held.empty) this.#pump();
    });
  }

  #pumpTogether(): void {
    if (this.#together) return;
    const taken = this.#held.takeTogether(this.options.batchLimit);
    if (taken.length === 0) return;
    this.#together = true;
    this.#flyAside(taken, TOGETHER_MS, () => (this.#together = false));
  }

  #pumpAlone(): void {
    while (this.#alone < SIDE_LANES) {
      const taken = this.#held.takeAlone(this.options.batchLimit);
      if (taken.length === 0) return;
      this.#alone++;
      this.#flyAside(taken, ALONE_MS, () => this.#alone--);
    }
  }

  #flyAside(taken: readonly Pending[], waitMs: number, landed: () => void): void {
    let through = false;
    void this.#run(this.#admitted(taken), waitMs)
      .then((tried) => (through = tried))
      .finally(() => {
        landed();
        this.#held.landed(taken, through);
        this.#pump();
      });
  }

  /**
   * The next batch, in order of arrival. An id may occur once in a batch, so a conversation whose id repeats waits for
   * the next one with all that follows, as one does that is in a batch on its way, and conversations in a side lane there.
   */
  #take(): Pending[] {
    if (this.#queue.length === 0) return [];
    const batch: Pending[] = [];
    const later: Pending[] = [];
    const ids = new Set<string>();
    const deferred = new Set<ConversationId>();
    for (const pending of this.#queue) {
      const { conversationId, id } = pending.draft;
      if (this.#held.join(pending)) continue;
      if (batch.length === this.options.batchLimit || deferred.has(conversationId) || this.#flying.has(conversationId))
        later.push(pending);
      else if (ids.has(conversationId + id)) {
        deferred.add(conversationId);
        later.push(pending);
      } else {
        ids.add(conversationId + id);
        batch.push(pending);
      }
    }
    this.#queue = later;
    return this.#admitted(batch);
  }

  /** Turns away what waited too long and what its lane holds back. */
  #admitted(batch: readonly Pending[]): Pending[] {
    const now = this.options.clock.monotonic();
    return batch.filter((pending) => {
      if (pending.lane && !pending.lane.admits(pending.place, pending.draft.id))
        this.#refuse(pending, unavailable('order'));
      else if (now - pending.since > this.options.patienceMs) this.#fail(pending, this.#reason);
      else return true;
      return false;
    });
  }

  /**
   * Answers every one of the batch or holds it, whatever happens; splits it around what can't be stored. Who waited for
   * many locks in vain looks which of them are still held, and stores the rest. False when the last of them only gave up.
   */
  async #run(batch: Pending[], waitMs: number): Promise<boolean> {
    for (let attempt = batch, wait = waitMs; attempt.length > 0; ) {
      const failure = await this.#attempt(attempt, wait);
      this.#full = failure?.code === DISK_FULL;
      if (!failure) {
        this.#failingSince = undefined;
        return true;
      }
      this.options.observer.failed(failure, attempt.length);
      if (failure.kind === 'poison') {
        if (attempt.length === 1) {
          this.#refuse(attempt[0]!, unstorable()); // length 1
          return true;
        }
        const half = attempt.length >> 1;
        // Waiting for locks: what is held in the first half would be overtaken by the second.
        await this.#run(attempt.slice(0, half), ALONE_MS);
        return this.#run(this.#admitted(attempt.slice(half)), ALONE_MS);
      }
      if (failure.kind === 'away') this.#failingSince ??= this.options.clock.monotonic();
      if (failure.ambiguous) for (const pending of attempt) pending.ambiguous = true;
      this.#failLate();
      attempt = this.#admitted(attempt);
      if (failure.kind === 'busy' && wait === TOGETHER_MS) wait = 0;
      else if (attempt.length > 0) await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
    }
    return false;
  }

  /** Those that wait must not wait longer for a database that is away, or for a lock, than they would for one that answers. */
  #failLate(): void {
    const now = this.options.clock.monotonic();
    const inTime = (pending: Pending) => {
      if (now - pending.since <= this.options.patienceMs) return true;
      this.#fail(pending, this.#reason);
      return false;
    };
    this.#queue = this.#queue.filter(inTime);
    this.#held.keep(inTime);
  }

  /** One round trip. Undefined when it went through; then all are answered or moved to a side lane. */
  async #attempt(batch: readonly Pending[], waitMs: number): Promise<Failure | undefined> {
    const started = this.options.clock.monotonic();
    let client: PoolClient;
    try {
      client = this.#kept.pop() ?? (await this.#connect());
    } catch {
      return { kind: 'away', ambiguous: false, code: 'connect' };
    }
    let verdicts: readonly Verdict[];
    try {
      verdicts = await withDeadline(
        appendDrafts(
          client,
          batch.map((pending) => pending.draft),
          waitMs,
        ),
        this.options.deadlineMs,
      );
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'away') client.release(true);
      else this.#kept.push(client);
      return failure;
    }
    this.#kept.push(client);
    this.options.observer.batch(batch.length, this.options.clock.monotonic() - started);
    this.#settle(batch, verdicts);
    return undefined;
  }

  async #connect(): Promise<PoolClient> {
    const client = await this.options.pool.connect();
    client.once('end', () => {
      const place = this.#kept.indexOf(client);
      if (place < 0) return; // whoever uses it will notice
      this.#kept.splice(place, 1);
      client.release(true);
    });
    return client;
  }

  #settle(batch: readonly Pending[], verdicts: readonly Verdict[]): void {
    let settled = 0;
    let stored = 0;
    for (const [place, pending] of batch.entries()) {
      const { code, seq, rev, sentAt } = verdicts[place]!; // one for each
      if (code === 6) {
        this.#held.add(pending);
        continue;
      }
      if (pending.ambiguous) {
        settled++;
        if (code === 1) stored++;
      }
      if (code > 1) this.#refuse(pending, refusalOf(code));
      else
        this.#answer(pending, {
          ok: true,
          seq: seq as Seq,
          rev: rev as Rev,
          sentAt: new Date(sentAt),
          // what a broken attempt of ours had stored was not announced yet
          duplicate: code === 1 && !pending.ambiguous,
        });
    }
    if (settled > 0) this.options.observer.settled(settled, stored);
  }

  /** Why what waited has waited too long. */
  get #reason(): string {
    if (this.#full) return 'database_full';
    return this.#failingSince === undefined ? 'conversation_busy' : 'database_away';
  }

  #fail(pending: Pending, rule: string): void {
    if (pending.ambiguous) this.options.observer.uncertain(new Set([pending.draft.conversationId]));
    this.#refuse(pending, unavailable(rule));
  }

  #refuse(pending: Pending, refusal: Refusal): void {
    if (refusal.kind === 'unavailable') pending.lane?.break(pending.place, pending.draft.id);
    this.#answer(pending, refused(refusal));
  }

  #answer(pending: Pending, result: AppendResult): void {
    this.#size--;
    pending.answer(result);
    if (this.#size === 0) this.#emptied?.();
  }
}

const refused = (refusal: Refusal): AppendResult => ({ ok: false, refusal });
const unstorable = () => new Refusal('invalid', 'content_not_storable', 'the message can not be stored');

const refusalOf = (verdict: number): Refusal => {
  if (verdict === 3) return sendRefusals.idTaken();
  if (verdict === 4) return sendRefusals.blocked();
  if (verdict === 5) return sendRefusals.answeredIsGone();
  return sendRefusals.noSuchConversation();
};

/** A frozen server fires no statement timeout, and node-pg sets no TCP user timeout: somebody here must look at the clock. */
const withDeadline = <T>(work: Promise<T>, ms: number): Promise<T> =>
  new Promise((resolve, reject) => {
    const answered = atDeadline(ms, () => reject(new Error('deadline')));
    work.then(resolve, reject).finally(answered);
  });
