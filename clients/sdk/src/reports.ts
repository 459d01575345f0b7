import { newBackoff } from './link/backoff.ts';
import { Lost } from './link/failures.ts';
import type { Link } from './link/link.ts';
import { isFault, type Machine, passesAfter } from './questions.ts';

/** One conversation tells at most this often, and all of them together. */
const EACH_MS = 1_000;
const ALL_MS = 100;

interface Due {
  readSeq: number;
  deliveredSeq: number;
  /** The server knows. Who has read a message has received it. */
  toldRead: number;
  toldDelivered: number;
  /** Told a moment ago, or being told. */
  rests: boolean;
}

/** Tells the server what was read and what has arrived: the newest of each, not too often, until it knows. */
export const newReports = (link: Link, machine: Machine) => {
  const all = new Map<string, Due>();
  const timers = new Set<() => void>();
  const backoff = newBackoff(machine);
  let ready = false;
  /** One went out a moment ago. */
  let rests = false;

  const later = (ms: number, work: () => void): void => {
    const callOff = machine.after(ms, () => {
      timers.delete(callOff);
      work();
      tell();
    });
    timers.add(callOff);
  };

  const tell = (): void => {
    if (rests || !ready) return;
    for (const [id, due] of all) {
      if (due.rests || !isAhead(due)) continue;
      due.rests = rests = true;
      later(ALL_MS, () => (rests = false));
      void send(id, due);
      return;
    }
  };

  const send = async (conversationId: string, due: Due): Promise<void> => {
    const { readSeq, deliveredSeq } = due;
    let restMs = EACH_MS;
    try {
      if (readSeq > due.toldRead) {
        await link.call('conversation.read', { conversationId, readSeq });
        due.toldRead = readSeq;
        due.toldDelivered = Math.max(due.toldDelivered, readSeq);
      } else {
        // else the leading tab has heard of it as well
        if (link.leads) await link.call('conversation.delivered', { conversationId, deliveredSeq });
        due.toldDelivered = deliveredSeq;
      }
      backoff.reset();
    } catch (error) {
      const wait = passesAfter(error);
      if (wait !== undefined || isFault(error)) restMs = Math.max(restMs, backoff.next(wait));
      else if (!(error instanceof Lost)) all.delete(conversationId);
    }
    later(restMs, () => {
      due.rests = false;
      if (!isAhead(due) && all.get(conversationId) === due) all.delete(conversationId);
    });
  };

  /** The greatest counts. */
  const raise = (what: 'readSeq' | 'deliveredSeq') => (id: string, seq: number) => {
    const due = all.get(id) ?? { readSeq: 0, deliveredSeq: 0, toldRead: 0, toldDelivered: 0, rests: false };
    all.set(id, due);
    due[what] = Math.max(due[what], seq);
    tell();
  };

  return {
    read: raise('readSeq'),
    delivered: raise('deliveredSeq'),
    /** What was read and the server may not know yet. */
    reading: (id: string): number => all.get(id)?.readSeq ?? 0,
    forget: (id: string): void => {
      all.delete(id);
    },
    /** Another history: what was read in the old one means nothing. */
    clear: (): void => all.clear(),
    ready: (): void => {
      ready = true;
      tell();
    },
    pause: (): void => {
      ready = false;
    },
    close: (): void => {
      ready = rests = false;
      for (const callOff of timers) callOff();
      timers.clear();
      for (const due of all.values()) due.rests = false;
    },
  };
};

export type Reports = ReturnType<typeof newReports>;

const isAhead = ({ readSeq, deliveredSeq, toldRead, toldDelivered }: Due): boolean =>
  readSeq > toldRead || deliveredSeq > Math.max(toldDelivered, toldRead);
