import { newBackoff } from '../link/backoff.ts';
import type { Surroundings } from '../link/surroundings.ts';
import type { MessageView } from '../views.ts';
import { waitingView } from '../store/message-views.ts';
import type { OutboxEntry } from './outbox-storage.ts';

/**
 * `storing`: not durable yet, so not to be sent. `sending`: on its way, not known to be stored. `acked`: stored by the
 * server, and its row is still to come.
 */
export type Phase = 'storing' | 'queued' | 'sending' | 'acked' | 'failed';

/** What the server said of a message that it has stored. */
export interface Ack {
  readonly seq: number;
  readonly rev: number;
  readonly sentAt: string;
}

/**
 * A message that is not in the log yet, as far as is known.
 * @param again it was in that of an earlier history, and may be in this one: until that is known it is not shown, and in no store
 */
export const newPending = (entry: OutboxEntry, phase: Phase, again: boolean) => {
  let view: MessageView | undefined;
  const pending = {
    entry,
    phase,
    again,
    ack: undefined as Ack | undefined,
    /** The server had a fault over it so often. */
    faults: 0,
    /** It went out on this connection. If it ends without an answer, the server takes nothing behind it until it comes again. */
    tried: false,
    /** Its row is in the log and is shown instead of it; it is here only to be answered. */
    seen: false,
    /** It is in this phase from here on. */
    turn: (now: Phase): void => {
      pending.phase = now;
      view = undefined;
    },
    view: (): MessageView => (view ??= waitingView(pending.entry, pending.ack)),
  };
  return pending;
};

export type Pending = ReturnType<typeof newPending>;

/** Whether it waits to be sent, or for somebody who sends it again. */
export const rests = ({ phase }: Pending): boolean => phase === 'queued' || phase === 'failed';

/** What waits to go to one conversation, in the order in which it was written. */
export const newQueue = (chance: Pick<Surroundings, 'random'>) => {
  const entries: Pending[] = [];
  let views: readonly MessageView[] | undefined;
  return {
    entries,
    inFlight: 0,
    /** Something ended without an answer: nothing more goes out until all else is answered, then from the oldest on. */
    broken: false,
    /** How long to rest then, at least; undefined when it need not. */
    restMs: undefined as number | undefined,
    backoff: newBackoff(chance),
    /** Rests before the next try; calls that off. */
    resting: undefined as (() => void) | undefined,

    /** The oldest that has not gone out; nothing while an older one is not durable yet. */
    next: (): Pending | undefined => {
      const next = entries.find(({ phase }) => phase === 'storing' || phase === 'queued');
      return next?.phase === 'queued' ? next : undefined;
    },
    /** The same array until something changes. */
    views: (): readonly MessageView[] =>
      (views ??= entries.flatMap(({ again, seen, view }) => (again || seen ? [] : view()))),
    changed: (): void => {
      views = undefined;
    },
    remove: (pending: Pending): void => {
      const at = entries.indexOf(pending);
      if (at >= 0) entries.splice(at, 1);
      views = undefined;
    },
    /** What is in the store stands in its order; what is not stored yet comes after. */
    arrange: (places: ReadonlyMap<string, number>): void => {
      entries.sort((a, b) => (places.get(a.entry.id) ?? Infinity) - (places.get(b.entry.id) ?? Infinity) || 0);
      views = undefined;
    },
  };
};

export type Queue = ReturnType<typeof newQueue>;
