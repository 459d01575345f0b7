import { Backoff } from './link/backoff.ts';
import { Lost, Refused } from './link/failures.ts';
import type { Link } from './link/link.ts';
import { isPassing, type Machine } from './questions.ts';

/** One conversation tells at most this often, and all of them together. */
const EACH_MS = 1_000;
const ALL_MS = 100;

interface Due {
  readSeq: number;
  deliveredSeq: number;
  /** The server knows. */
  told: { readSeq: number; deliveredSeq: number };
  /** Told a moment ago, or being told. */
  rests: boolean;
}

/** Tells the server what was read and what has arrived: the newest of each, not too often, until it knows. */
export class Reports {
  readonly #due = new Map<string, Due>();
  readonly #timers = new Set<() => void>();
  readonly #backoff: Backoff;
  #ready = false;
  /** One went out a moment ago. */
  #rests = false;

  constructor(
    private readonly link: Link,
    private readonly machine: Machine,
  ) {
    this.#backoff = new Backoff(() => machine.random());
  }

  read(id: string, readSeq: number): void {
    const due = this.#of(id);
    due.readSeq = Math.max(due.readSeq, readSeq);
    this.#tell();
  }

  delivered(id: string, deliveredSeq: number): void {
    const due = this.#of(id);
    due.deliveredSeq = Math.max(due.deliveredSeq, deliveredSeq);
    this.#tell();
  }

  /** What was read and the server may not know yet. */
  reading(id: string): number {
    return this.#due.get(id)?.readSeq ?? 0;
  }

  forget(id: string): void {
    this.#due.delete(id);
  }

  /** Another history: what was read in the old one means nothing. */
  clear(): void {
    this.#due.clear();
  }

  ready(): void {
    this.#ready = true;
    this.#tell();
  }

  pause(): void {
    this.#ready = false;
  }

  close(): void {
    this.#ready = false;
    for (const callOff of this.#timers) callOff();
    this.#timers.clear();
    this.#rests = false;
    for (const due of this.#due.values()) due.rests = false;
  }

  #of(id: string): Due {
    const none = { readSeq: 0, deliveredSeq: 0 };
    const due = this.#due.get(id) ?? { ...none, told: { ...none }, rests: false };
    this.#due.set(id, due);
    return due;
  }

  #tell(): void {
    if (this.#rests || !this.#ready) return;
    for (const [id, due] of this.#due) {
      if (due.rests || !isAhead(due)) continue;
      due.rests = true;
      this.#rests = true;
      this.#later(ALL_MS, () => (this.#rests = false));
      void this.#report(id, due);
      return;
    }
  }

  async #report(conversationId: string, due: Due): Promise<void> {
    const { readSeq, deliveredSeq, told } = due;
    let restMs = EACH_MS;
    try {
      if (readSeq > told.readSeq) {
        await this.link.call('conversation.read', { conversationId, readSeq });
        due.told = { readSeq, deliveredSeq: Math.max(told.deliveredSeq, readSeq) };
      } else if (this.link.leads) {
        await this.link.call('conversation.delivered', { conversationId, deliveredSeq });
        due.told = { ...told, deliveredSeq };
      } else due.told = { ...told, deliveredSeq }; // the leading tab has heard of it as well
      this.#backoff.reset();
    } catch (error) {
      const passes = isPassing(error) || (error instanceof Refused && error.code === 'internal');
      if (!passes && !(error instanceof Lost)) this.#due.delete(conversationId);
      restMs = Math.max(restMs, passes ? this.#backoff.next(error.retryAfterMs) : 0);
    }
    this.#later(restMs, () => {
      due.rests = false;
      if (!isAhead(due) && this.#due.get(conversationId) === due) this.#due.delete(conversationId);
    });
  }

  #later(ms: number, work: () => void): void {
    const callOff = this.machine.after(ms, () => {
      this.#timers.delete(callOff);
      work();
      this.#tell();
    });
    this.#timers.add(callOff);
  }
}

/** Who has read a message has received it. */
const isAhead = ({ readSeq, deliveredSeq, told }: Due): boolean =>
  readSeq > told.readSeq || deliveredSeq > Math.max(told.deliveredSeq, told.readSeq);
