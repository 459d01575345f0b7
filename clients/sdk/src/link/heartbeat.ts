import type { Surroundings } from './surroundings.ts';

interface HeartbeatParts {
  readonly surroundings: Pick<Surroundings, 'after' | 'monotonic' | 'wall'>;
  /** Say something at least this often; who is silent for two of them is gone. */
  readonly pingMs: number;
  /** Resolves when it is answered, whatever the answer. Never rejects. */
  ping(): Promise<void>;
  /** Looked at with every beat. */
  overdue(): boolean;
  dead(): void;
}

/** How long a connection that is suspected may take to prove that it lives. */
const PROOF_MS = 4_000;

/**
 * Keeps a connection alive and notices when it is not: pings when nothing else was said, gives up after two silent
 * intervals, and suspects the connection after a sleep, when a timer comes far too late by either clock.
 */
export class Heartbeat {
  #sentAt: number;
  #heardAt: number;
  #callOff = (): void => {};
  /** The proof that is waited for, if any. */
  #proof: symbol | undefined;
  #stopped = false;

  constructor(private readonly parts: HeartbeatParts) {
    this.#sentAt = this.#heardAt = parts.surroundings.monotonic();
    this.#plan();
  }

  sent(): void {
    this.#sentAt = this.parts.surroundings.monotonic();
  }

  heard(): void {
    this.#heardAt = this.parts.surroundings.monotonic();
  }

  /** Doubts the connection until it answers; gives it up if it does not. While it is doubted already: nothing. */
  suspect(): void {
    if (this.#stopped || this.#proof) return;
    const proof = Symbol('proof');
    this.#proof = proof;
    void this.parts.ping().then(() => this.#proven(proof));
    this.#wait(PROOF_MS, (late) => {
      this.#proof = undefined;
      // asleep again: the answer may have come and not have been read
      if (late > PROOF_MS) this.suspect();
      else this.parts.dead();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#callOff();
  }

  #proven(proof: symbol): void {
    if (this.#stopped || this.#proof !== proof) return;
    this.#proof = undefined;
    this.heard();
    this.#callOff();
    this.#plan();
  }

  #plan(): void {
    const { surroundings, pingMs } = this.parts;
    const due = Math.min(this.#sentAt + pingMs, this.#heardAt + 2 * pingMs);
    this.#wait(Math.max(0, due - surroundings.monotonic()), (late) => this.#beat(late));
  }

  #beat(late: number): void {
    const { surroundings, pingMs, overdue, ping, dead } = this.parts;
    if (late > 2 * pingMs) return this.suspect();
    const now = surroundings.monotonic();
    if (now - this.#heardAt >= 2 * pingMs || overdue()) return dead();
    if (now - this.#sentAt >= pingMs) void ping();
    this.#plan();
  }

  /** Tells how late it was, by the clock that says more: one of them may have stood still. */
  #wait(ms: number, work: (lateMs: number) => void): void {
    const { after, monotonic, wall } = this.parts.surroundings;
    const [started, startedWall] = [monotonic(), wall()];
    this.#callOff = after(ms, () => work(Math.max(monotonic() - started, wall() - startedWall) - ms));
  }
}
