import type { Surroundings } from './surroundings.ts';

interface HeartbeatParts {
  readonly surroundings: Pick<Surroundings, 'after' | 'monotonic' | 'wall'>;
  /** Say something at least this often; who is silent for two of them is gone. */
  readonly pingMs: number;
  /** Resolves when it is answered, whatever the answer. Never rejects. */
  ping(): Promise<void>;
  /** Since when an answer is owed, pings aside, by the monotonic clock. */
  owed(): number | undefined;
  /** Looked at with every beat. */
  overdue(): boolean;
  dead(): void;
}

/** How long a connection that is suspected may take to prove that it lives. */
const PROOF_MS = 4_000;
/** Silent for so long while it owes an answer, a connection is suspected: people look at a message that does not go out. */
const OWED_MS = 8_000;

/**
 * Keeps a connection alive and notices when it is not: pings when nothing else was said, gives up after two silent
 * intervals, and suspects the connection when an answer is late, and after a sleep, when a timer comes far too late by
 * either clock.
 */
export const newHeartbeat = ({ surroundings, pingMs, ping, owed, overdue, dead }: HeartbeatParts) => {
  const { after, monotonic, wall } = surroundings;
  let sentAt = monotonic();
  let heardAt = sentAt;
  let callOff = (): void => {};
  /** Of the next beat. */
  let due = 0;
  /** A proof that it lives is waited for. */
  let doubted = false;
  let stopped = false;

  /** Never, where two silent intervals end it sooner than a proof would. */
  const owedUntil = (): number => {
    const until = Math.max(owed() ?? Infinity, heardAt) + OWED_MS;
    return until + PROOF_MS < heardAt + 2 * pingMs ? until : Infinity;
  };

  /** In place of what was waited for. Tells how late it was, by the clock that says more: one may have stood still. */
  const wait = (ms: number, work: (lateMs: number) => void): void => {
    callOff();
    const [started, startedWall] = [monotonic(), wall()];
    callOff = after(ms, () => work(Math.max(monotonic() - started, wall() - startedWall) - ms));
  };

  const plan = (): void => {
    due = Math.min(sentAt + pingMs, heardAt + 2 * pingMs, owedUntil());
    wait(Math.max(0, due - monotonic()), beat);
  };

  const heard = (): void => {
    heardAt = monotonic();
  };

  const demandProof = (again: boolean): void => {
    doubted = true;
    void ping().then(() => {
      if (stopped) return;
      doubted = false;
      heard();
      plan();
    });
    wait(PROOF_MS, (late) => {
      // asleep again: the answer may be there and not have been read
      if (late > PROOF_MS && again) demandProof(false);
      else dead();
    });
  };

  /** Doubts the connection until it answers; gives it up if it does not. While it is doubted already: nothing. */
  const suspect = (): void => {
    if (!stopped && !doubted) demandProof(true);
  };

  const beat = (late: number): void => {
    const now = monotonic();
    const silent = now - heardAt >= 2 * pingMs;
    // a page in the background is woken once a minute: who was not asked is not to blame for being silent
    if (late > 2 * pingMs || (silent && late > PROOF_MS)) return suspect();
    if (silent || overdue()) return dead();
    if (now >= owedUntil()) return suspect();
    if (now - sentAt >= pingMs) void ping();
    plan();
  };

  plan();
  return {
    heard,
    suspect,
    sent: (): void => {
      sentAt = monotonic();
      if (owedUntil() < due && !stopped && !doubted) plan();
    },
    stop: (): void => {
      stopped = true;
      callOff();
    },
  };
};

export type Heartbeat = ReturnType<typeof newHeartbeat>;
