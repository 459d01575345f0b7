import type { MessageRow } from '../generated/catalogue.ts';
import { Refused } from '../link/failures.ts';
import type { Link } from '../link/link.ts';
import { realSurroundings } from '../link/surroundings.ts';
import type { Machine } from '../questions.ts';
import type { MessageView } from '../views.ts';
import { storedView } from '../store/message-views.ts';
import { OUTBOX_ENTRIES, tooMany } from './outbox-full.ts';
import type { OutboxEntry, OutboxStorage } from './outbox-storage.ts';
import { type Ack, Pending, type Phase, Queue } from './queue.ts';
import { Sender } from './sender.ts';
import { Sent } from './sent.ts';

/** Ids just removed, which a list of the store that was read before may still show. */
const MOST_REMOVED = 1_000;

export interface OutboxSurroundings {
  /** Something changed of what waits for this conversation. */
  changed(conversationId: string): void;
  /** Up to which `rev` the conversation is known here; undefined when it is not. */
  cursor(conversationId: string): number | undefined;
}

/**
 * What is written and not known to be stored by the server: durable before the first try, sent in order per conversation,
 * sent again until there is an answer, gone when the message is in the log, whoever sent it.
 */
export class Outbox {
  readonly #all = new Map<string, Pending>();
  readonly #queues = new Map<string, Queue>();
  readonly #removed = new Set<string>();
  readonly #sent = new Sent();
  readonly #sender: Sender;
  #reading: Promise<void> | undefined;
  #readAgain = false;

  constructor(
    link: Link,
    private readonly storage: OutboxStorage,
    private readonly machine: Machine,
    private readonly surroundings: OutboxSurroundings,
  ) {
    this.#sender = new Sender(link, machine, this.#queues, {
      waits: (pending) => this.#all.get(pending.entry.id) === pending,
      turned: (pending, phase) => this.#turn(pending, phase),
      acked: (pending, ack) => this.#acked(pending, ack),
      refused: (pending, refusal) => this.#fail(pending, refusal),
      answered: (queue, conversationId) => this.#drop(queue, conversationId),
    });
  }

  /** Waiting for an answer, or to be sent. */
  get pending(): number {
    let count = 0;
    for (const { phase } of this.#all.values()) if (phase !== 'failed' && phase !== 'acked') count++;
    return count;
  }

  /** In order; the same array until something changes. */
  of(conversationId: string): readonly MessageView[] {
    return this.#queues.get(conversationId)?.views ?? NONE;
  }

  /** Resolves when it is durable. The same id again is the same message. @throws OutboxFull, or what the store throws; then it is not there */
  async add(entry: OutboxEntry): Promise<MessageView> {
    const known = this.#all.get(entry.id);
    if (known) return known.view;
    if (this.#all.size >= OUTBOX_ENTRIES) throw tooMany();
    const pending = this.#insert(entry, 'storing');
    this.#changed(entry.conversationId);
    try {
      await this.storage.add(entry);
    } catch (error) {
      this.#take(pending);
      throw error;
    }
    if (this.#all.get(entry.id) !== pending)
      this.#forget(entry.id); // taken back, or found in the log meanwhile
    else if (pending.phase === 'storing') this.#turn(pending, 'queued');
    this.#sender.pump();
    return pending.view;
  }

  /** @throws Refused when it has failed or was discarded; Lost when the client is closed; undefined when it is not waiting here */
  sent(id: string): Promise<MessageView> | undefined {
    const pending = this.#all.get(id);
    if (!pending) return undefined;
    if (pending.phase === 'acked') return Promise.resolve(pending.view);
    const { failure } = pending.entry;
    if (failure) return Promise.reject(refused(failure));
    return this.#sent.of(id);
  }

  async retry(id: string): Promise<void> {
    const pending = this.#all.get(id);
    if (pending?.phase !== 'failed') return;
    const { failure: _, ...entry } = pending.entry;
    await this.storage.update(entry);
    pending.entry = entry;
    pending.faults = 0;
    this.#turn(pending, 'queued');
    this.#sender.pump();
  }

  async discard(id: string): Promise<void> {
    const pending = this.#all.get(id);
    if (!pending) return;
    if (pending.phase === 'sending' || pending.phase === 'acked')
      throw new Refused('conflict', 'the message is on its way already', 'in_flight');
    this.#take(pending);
    this.#sent.reject(id, new Refused('conflict', 'the message was discarded', 'discarded'));
    await this.storage.remove(id);
  }

  /** It is in the log. */
  seen(row: MessageRow): void {
    const pending = this.#all.get(row.id);
    if (pending) this.#take(pending);
    if (pending && pending.phase !== 'acked') this.#forget(row.id);
    this.#sent.resolve(row.id, () => storedView(row, row.senderId, 'sent'));
  }

  /** The conversation is known up to there: what was acked before is in its log. */
  applied(conversationId: string, cursor: number): void {
    for (const pending of [...(this.#queues.get(conversationId)?.entries ?? [])])
      if (pending.ack && pending.ack.rev <= cursor) this.#take(pending);
  }

  /** Another history: nobody knows the numbers of the old one. */
  forgetAcked(): void {
    for (const pending of [...this.#all.values()]) if (pending.ack) this.#take(pending);
  }

  /** Reads what the store holds, of other tabs and earlier runs. Once more when it is asked for meanwhile. */
  read(userId: string): Promise<void> {
    this.#readAgain = true;
    this.#reading ??= this.#readAll(userId).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Caught up over this connection. What is under way on the one before is answered first. */
  ready(): void {
    this.#sender.ready();
  }

  /** Nothing goes out before `ready`. */
  pause(): void {
    this.#sender.pause();
  }

  leads(): void {
    this.#sender.pump();
  }

  close(): void {
    this.#sender.close();
    this.#sent.close();
  }

  async #readAll(userId: string): Promise<void> {
    while (this.#readAgain) {
      this.#readAgain = false;
      await this.#read(userId);
    }
  }

  async #read(userId: string): Promise<void> {
    const stored = [...this.#all.values()].filter(({ phase }) => phase === 'queued' || phase === 'failed');
    const entries = await this.storage.list(userId);
    const places = new Map(entries.map(({ id }, place) => [id, place]));
    for (const entry of entries) this.#stored(entry);
    // another tab has sent it, or taken it back
    for (const pending of stored)
      if (!places.has(pending.entry.id) && (pending.phase === 'queued' || pending.phase === 'failed'))
        this.#take(pending);
    for (const queue of this.#queues.values()) queue.arrange(places);
    for (const conversationId of this.#queues.keys()) this.surroundings.changed(conversationId);
    this.#sender.pump();
  }

  #stored(entry: OutboxEntry): void {
    const pending = this.#all.get(entry.id);
    if (!pending) {
      if (!this.#removed.has(entry.id)) this.#insert(entry, entry.failure ? 'failed' : 'queued');
    } else if (pending.phase === 'queued' || pending.phase === 'failed') {
      pending.entry = entry;
      this.#turn(pending, entry.failure ? 'failed' : 'queued');
    }
  }

  #acked(pending: Pending, ack: Ack): void {
    const { id, conversationId } = pending.entry;
    pending.ack = ack;
    this.#turn(pending, 'acked');
    this.#forget(id);
    this.#sent.resolve(id, () => pending.view);
    const cursor = this.surroundings.cursor(conversationId);
    if (cursor === undefined || cursor >= ack.rev) this.#take(pending);
  }

  #fail(pending: Pending, { code, rule, message }: Refused): void {
    this.#sent.reject(pending.entry.id, new Refused(code, message, rule));
    // one is no member any more, and nobody shows it
    if (code === 'not_found' && this.surroundings.cursor(pending.entry.conversationId) === undefined) {
      this.#take(pending);
      return this.#forget(pending.entry.id);
    }
    pending.entry = { ...pending.entry, failure: { code, ...(rule !== undefined && { rule }) } };
    this.#turn(pending, 'failed');
    this.storage.update(pending.entry).catch(realSurroundings.report);
  }

  #insert(entry: OutboxEntry, phase: Phase): Pending {
    const pending = new Pending(entry, phase);
    const queue = this.#queues.get(entry.conversationId) ?? new Queue(() => this.machine.random());
    queue.entries.push(pending);
    queue.changed();
    this.#queues.set(entry.conversationId, queue);
    this.#all.set(entry.id, pending);
    return pending;
  }

  /** It is shown no more. */
  #take(pending: Pending): void {
    const { id, conversationId } = pending.entry;
    this.#all.delete(id);
    this.#removed.add(id);
    if (this.#removed.size > MOST_REMOVED) this.#removed.delete(this.#removed.keys().next().value!); // it has some
    const queue = this.#queues.get(conversationId);
    queue?.remove(pending);
    if (queue) this.#drop(queue, conversationId);
    this.#changed(conversationId);
  }

  #drop(queue: Queue, conversationId: string): void {
    if (queue.entries.length > 0 || queue.inFlight > 0) return;
    queue.resting?.();
    this.#queues.delete(conversationId);
  }

  #turn(pending: Pending, phase: Phase): void {
    pending.phase = phase;
    this.#changed(pending.entry.conversationId);
  }

  #changed(conversationId: string): void {
    this.#queues.get(conversationId)?.changed();
    this.surroundings.changed(conversationId);
  }

  /** What is left in the store by a failure of the store is sent once more some day, and is a duplicate. */
  #forget(id: string): void {
    this.storage.remove(id).catch(realSurroundings.report);
  }
}

const NONE: readonly MessageView[] = [];

const refused = ({ code, rule }: NonNullable<OutboxEntry['failure']>) =>
  new Refused(code, 'the server refused it', rule);
