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
export class Heartbeat {
  #sentAt: number;
  #heardAt: number;
  #callOff = (): void => {};
  /** Of the next beat. */
  #due = 0;
  /** A proof that it lives is waited for. */
  #doubted = false;
  #stopped = false;

  constructor(private readonly parts: HeartbeatParts) {
    this.#sentAt = this.#heardAt = parts.surroundings.monotonic();
    this.#plan();
  }

  sent(): void {
    this.#sentAt = this.parts.surroundings.monotonic();
    if (this.#owedUntil() < this.#due && !this.#stopped && !this.#doubted) this.#plan();
  }

  heard(): void {
    this.#heardAt = this.parts.surroundings.monotonic();
  }

  /** Doubts the connection until it answers; gives it up if it does not. While it is doubted already: nothing. */
  suspect(): void {
    if (!this.#stopped && !this.#doubted) this.#demandProof(true);
  }

  stop(): void {
    this.#stopped = true;
    this.#callOff();
  }

  #demandProof(again: boolean): void {
    this.#doubted = true;
    void this.parts.ping().then(() => this.#proven());
    this.#wait(PROOF_MS, (late) => {
      // asleep again: the answer may be there and not have been read
      if (late > PROOF_MS && again) this.#demandProof(false);
      else this.parts.dead();
    });
  }

  #proven(): void {
    if (this.#stopped) return;
    this.#doubted = false;
    this.heard();
    this.#plan();
  }

  #plan(): void {
    const { surroundings, pingMs } = this.parts;
    this.#due = Math.min(this.#sentAt + pingMs, this.#heardAt + 2 * pingMs, this.#owedUntil());
    this.#wait(Math.max(0, this.#due - surroundings.monotonic()), (late) => this.#beat(late));
  }

  #beat(late: number): void {
    const { surroundings, pingMs, overdue, ping, dead } = this.parts;
    const now = surroundings.monotonic();
    const silent = now - this.#heardAt >= 2 * pingMs;
    // a page in the background is woken once a minute: who was not asked is not to blame for being silent
    if (late > 2 * pingMs || (silent && late > PROOF_MS)) return this.suspect();
    if (silent || overdue()) return dead();
    if (now >= this.#owedUntil()) return this.suspect();
    if (now - this.#sentAt >= pingMs) void ping();
    this.#plan();
  }

  /** Never, where two silent intervals end it sooner than a proof would. */
  #owedUntil(): number {
    const until = Math.max(this.parts.owed() ?? Infinity, this.#heardAt) + OWED_MS;
    return until + PROOF_MS < this.#heardAt + 2 * this.parts.pingMs ? until : Infinity;
  }

  /** In place of what was waited for. Tells how late it was, by the clock that says more: one may have stood still. */
  #wait(ms: number, work: (lateMs: number) => void): void {
    this.#callOff();
    const { after, monotonic, wall } = this.parts.surroundings;
    const [started, startedWall] = [monotonic(), wall()];
    this.#callOff = after(ms, () => work(Math.max(monotonic() - started, wall() - startedWall) - ms));
  }
}
