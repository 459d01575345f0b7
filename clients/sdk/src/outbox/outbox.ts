import { bound } from '../bounded.ts';
import type { MessageRow } from '../generated/catalogue.ts';
import { Refused } from '../link/failures.ts';
import type { Link } from '../link/link.ts';
import type { Machine } from '../questions.ts';
import { report } from '../report.ts';
import { storedView, waitingView } from '../store/message-views.ts';
import type { MessageView } from '../views.ts';
import { newKept } from './kept.ts';
import { OUTBOX_ENTRIES, tooMany } from './outbox-full.ts';
import type { OutboxEntry, OutboxStorage } from './outbox-storage.ts';
import { type Ack, newPending, newQueue, type Pending, type Phase, type Queue, rests } from './queue.ts';
import { newSender } from './sender.ts';
import { newSent } from './sent.ts';

/** Ids just removed, which a list of the store that was read before may still show. */
const MOST_REMOVED = 1_000;

export interface OutboxSurroundings {
  /** Something changed of what waits for this conversation. */
  changed(conversationId: string): void;
  /** Up to which `rev` the conversation is known here; undefined when it is not. */
  cursor(conversationId: string): number | undefined;
  /** The server had lost what it had stored: it is stored anew, or refused. */
  resent(conversationId: string, message: MessageView): void;
}

/**
 * What is written and not known to be stored by the server: durable before the first try, sent in order per conversation,
 * sent again until there is an answer, gone when the message is in the log, whoever sent it. What was stored lately is offered
 * again, before all that waits, when another history begins.
 */
export const newOutbox = (link: Link, storage: OutboxStorage, machine: Machine, around: OutboxSurroundings) => {
  const all = new Map<string, Pending>();
  const queues = new Map<string, Queue>();
  const removed = new Set<string>();
  const kept = newKept(machine);
  const wasResent = (id: string): boolean => kept.all.get(id)?.resent === true;
  const sent = newSent();
  let reading: Promise<void> | undefined;
  let readAgain = false;

  const changed = (conversationId: string): void => {
    queues.get(conversationId)?.changed();
    around.changed(conversationId);
  };

  const turn = (pending: Pending, phase: Phase): void => {
    pending.turn(phase);
    changed(pending.entry.conversationId);
  };

  const drop = (queue: Queue, conversationId: string): void => {
    if (queue.entries.length > 0 || queue.inFlight > 0) return;
    queue.resting?.();
    queues.delete(conversationId);
  };

  /** It is shown no more. */
  const take = (pending: Pending): void => {
    const { id, conversationId } = pending.entry;
    all.delete(id);
    removed.add(id);
    bound(removed, MOST_REMOVED);
    const queue = queues.get(conversationId);
    if (queue) {
      queue.remove(pending);
      drop(queue, conversationId);
    }
    changed(conversationId);
  };

  /** What is left in the store by a failure of the store is sent once more some day, and is a duplicate. */
  const forget = (id: string): void => {
    storage.remove(id).catch(report);
  };

  const keep = (entry: OutboxEntry, ack: Ack): void => {
    if (kept.stored(entry, ack)) around.resent(entry.conversationId, waitingView(entry, ack, true));
  };

  const acked = (pending: Pending, ack: Ack): void => {
    const { id, conversationId } = pending.entry;
    pending.ack = ack;
    keep(pending.entry, ack);
    turn(pending, 'acked');
    forget(id);
    sent.resolve(id, pending.view);
    const cursor = around.cursor(conversationId);
    if (cursor === undefined || cursor >= ack.rev) take(pending);
  };

  const refused = (pending: Pending, { code, rule, message }: Refused): void => {
    if (pending.seen) return take(pending);
    const { again, entry } = pending;
    const { id, conversationId } = entry;
    const stood = again && code === 'conflict' && kept.all.get(id);
    // it is there, with other words or as an answer to another message
    if (stood) {
      acked(pending, stood.ack);
      return take(pending);
    }
    sent.reject(id, new Refused(code, message, rule));
    pending.entry = { ...entry, failure: { code, ...(rule !== undefined && { rule }) } };
    pending.again = false;
    turn(pending, 'failed');
    kept.all.delete(id);
    if (again) around.resent(conversationId, pending.view());
    // one is no member any more, and nobody shows it
    if (code === 'not_found' && around.cursor(conversationId) === undefined) {
      take(pending);
      forget(id);
    } else storage[again ? 'add' : 'update'](pending.entry).catch(report);
  };

  const sender = newSender(link, machine, queues, {
    waits: (pending) => all.get(pending.entry.id) === pending,
    turned: turn,
    ...{ acked, refused, answered: drop },
  });

  const insert = (entry: OutboxEntry, phase: Phase, again = false): Pending => {
    const pending = newPending(entry, phase, again);
    const queue = queues.get(entry.conversationId) ?? newQueue(machine);
    queue.entries[again ? 'unshift' : 'push'](pending);
    queue.changed();
    queues.set(entry.conversationId, queue);
    all.set(entry.id, pending);
    return pending;
  };

  const stored = (entry: OutboxEntry): void => {
    const pending = all.get(entry.id);
    const phase = entry.failure ? 'failed' : 'queued';
    if (!pending) {
      if (!removed.has(entry.id)) insert(entry, phase);
    } else if (rests(pending)) {
      pending.entry = entry;
      turn(pending, phase);
    }
  };

  /** Those that the server still has are duplicates, of which nobody hears. */
  const offerAgain = (): void => {
    for (const { entry } of kept.doubtful()) {
      // what it answers may have another number by now, and that number another message
      const { replyTo: _, ...bare } = entry;
      if (!all.has(entry.id)) insert(bare, 'queued', true);
    }
  };

  const readOnce = async (userId: string): Promise<void> => {
    const before = [...all.values()].filter(rests);
    const entries = await storage.list(userId);
    const places = new Map(entries.map(({ id }, place) => [id, place]));
    for (const { again, seen, entry } of all.values()) if (again || seen) places.set(entry.id, -1);
    entries.forEach(stored);
    // another tab has sent it, or taken it back
    for (const pending of before) if (!places.has(pending.entry.id) && rests(pending)) take(pending);
    for (const [conversationId, queue] of queues) {
      queue.arrange(places);
      around.changed(conversationId);
    }
    sender.pump();
  };

  const readAll = async (userId: string): Promise<void> => {
    while (readAgain) {
      readAgain = false;
      await readOnce(userId);
    }
  };

  return {
    /** Waiting for an answer, or to be sent. */
    get pending(): number {
      return [...all.values()].filter(({ phase, seen }) => phase !== 'failed' && phase !== 'acked' && !seen).length;
    },
    /** In order; the same array until something changes. */
    of: (conversationId: string): readonly MessageView[] => queues.get(conversationId)?.views() ?? NONE,
    /** Resolves when it is durable. The same id again is the same message. @throws OutboxFull, or what the store throws; then it is not there */
    add: async (entry: OutboxEntry): Promise<MessageView> => {
      const known = all.get(entry.id);
      if (known) return known.view();
      if (all.size >= OUTBOX_ENTRIES) throw tooMany();
      const pending = insert(entry, 'storing');
      changed(entry.conversationId);
      try {
        await storage.add(entry);
      } catch (error) {
        take(pending);
        throw error;
      }
      // else it was taken back, or found in the log meanwhile
      if (all.get(entry.id) !== pending) forget(entry.id);
      else if (pending.phase === 'storing') turn(pending, 'queued');
      sender.pump();
      return pending.view();
    },
    /** @throws Refused when it has failed or was discarded; Lost when the client is closed; undefined when it is not waiting here */
    sent: (id: string): Promise<MessageView> | undefined => {
      const pending = all.get(id);
      const failure = pending?.entry.failure;
      if (pending?.seen) return undefined;
      if (pending?.phase === 'acked') return Promise.resolve(pending.view());
      if (failure) return Promise.reject(new Refused(failure.code, 'the server refused it', failure.rule));
      return pending && sent.of(id);
    },
    retry: async (id: string): Promise<void> => {
      const pending = all.get(id);
      if (pending?.phase !== 'failed') return;
      const { failure: _, ...entry } = pending.entry;
      await storage.update(entry);
      pending.entry = entry;
      pending.faults = 0;
      turn(pending, 'queued');
      sender.pump();
    },
    discard: async (id: string): Promise<void> => {
      const pending = all.get(id);
      if (!pending || pending.seen) return;
      if (pending.phase !== 'failed' && (pending.ack || (pending.tried && link.welcome)))
        throw new Refused('conflict', 'the message is on its way', 'in_flight');
      take(pending);
      kept.all.delete(id);
      sent.reject(id, new Refused('conflict', 'the message was discarded', 'discarded'));
      await storage.remove(id);
    },
    /** It is in the log. */
    seen: (row: MessageRow): void => {
      const { id, senderId, content, deletedAt } = row;
      const pending = all.get(id);
      if (pending && pending.phase !== 'acked') forget(id);
      if (pending?.tried && !pending.ack && pending.phase !== 'failed') {
        pending.seen = true;
        changed(pending.entry.conversationId);
      } else if (pending) take(pending);
      const entry = (pending ?? kept.all.get(id))?.entry;
      if (deletedAt !== undefined) kept.all.delete(id);
      else if (entry) keep({ ...entry, content: content as string }, row); // what is sent is text
      sent.resolve(id, () => storedView(row, senderId, 'sent', wasResent));
    },
    /** It is not to come again. */
    deleted: (id: string) => kept.all.delete(id),
    wasResent,
    /** The conversation is known up to there: what was acked before is in its log. */
    applied: (conversationId: string, cursor: number): void => {
      for (const pending of [...(queues.get(conversationId)?.entries ?? [])])
        if (pending.ack && pending.ack.rev <= cursor) take(pending);
    },
    /** Another history: nobody knows the numbers of the old one, or how much of it there is. */
    begin: (): void => {
      kept.begin();
      for (const pending of [...all.values()]) if (pending.ack) take(pending);
    },
    /** Reads what the store holds, of other tabs and earlier runs. Once more when it is asked for meanwhile. */
    read: (userId: string): Promise<void> => {
      readAgain = true;
      reading ??= readAll(userId).finally(() => (reading = undefined));
      return reading;
    },
    /** Caught up over this connection. What is under way on the one before is answered first. */
    ready: (): void => {
      for (const pending of [...all.values()])
        if (pending.phase === 'queued' && pending.seen) take(pending);
        else pending.tried = pending.phase === 'sending';
      if (link.leads) offerAgain();
      sender.ready();
    },
    lost: kept.lost,
    /** Nothing goes out before `ready`. */
    pause: sender.pause,
    leads: sender.pump,
    close: (): void => {
      sender.close();
      sent.close();
    },
  };
};

export type Outbox = ReturnType<typeof newOutbox>;

const NONE: readonly MessageView[] = [];
