import { bound } from '../bounded.ts';
import type { Machine } from '../questions.ts';
import type { OutboxEntry } from './outbox-storage.ts';
import type { Ack } from './queue.ts';

/** So long before the connection was lost, and so many: what a server may lose whose standby lags behind. */
const KEPT_MS = 10 * 60_000;
const MOST_KEPT = 2_000;

interface Kept {
  readonly entry: OutboxEntry;
  /** How it stands in the log. */
  readonly ack: Ack;
  readonly at: number;
  readonly history: number;
  /** The server had lost it. */
  readonly resent: boolean;
}

/** What the server has stored, kept in memory for a while: when another history begins, that may lack some of it. */
export const newKept = ({ monotonic }: Pick<Machine, 'monotonic'>) => {
  const all = new Map<string, Kept>();
  let history = 0;

  return {
    all: all as Pick<Map<string, Kept>, 'get' | 'delete'>,
    /** It stands in the log so; what is known to be older changes nothing. @returns whether it was lost, and is stored anew */
    stored: (entry: OutboxEntry, ack: Ack): boolean => {
      const known = all.get(entry.id);
      if (known?.history === history && ack.rev < known.ack.rev) return false;
      // what was not lost is answered as it was at first
      const anew = known !== undefined && known.ack.sentAt !== ack.sentAt;
      all.set(entry.id, { entry, ack, at: monotonic(), history, resent: anew || known?.resent === true });
      bound(all, MOST_KEPT);
      return anew;
    },
    begin: (): void => {
      history++;
    },
    /** The connection is lost. However long it takes until there is another one, what is kept now is kept until then. */
    lost: (): void => {
      for (const [id, { at }] of all) if (at < monotonic() - KEPT_MS) all.delete(id);
    },
    /** What the present history may lack, the last of the one before first. */
    doubtful: (): readonly Kept[] =>
      [...all.values()].filter((one) => one.history !== history).sort((a, b) => b.ack.seq - a.ack.seq),
  };
};
