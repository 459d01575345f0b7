import { Backoff } from './link/backoff.ts';
import { Lost, Refused } from './link/failures.ts';
import type { Link } from './link/link.ts';
import type { Surroundings } from './link/surroundings.ts';
import type { CommandType, InputOf, OutputOf } from './protocol.ts';

export type Machine = Pick<Surroundings, 'after' | 'random' | 'monotonic'>;

/** Whether the same question may be answered later. */
export const isPassing = (error: unknown): error is Refused =>
  error instanceof Refused && (error.code === 'unavailable' || error.code === 'rate_limited');

/** A fault of the server may pass as well, but who insists on it for ever? */
const MOST_FAULTS = 5;

interface Waiting {
  go(): void;
  giveUp(error: Lost): void;
}

/** Asks what changes nothing, over however many connections it takes. */
export class Questions {
  readonly #forConnection = new Set<Waiting>();
  readonly #resting = new Set<Waiting>();
  #closed = false;

  constructor(
    private readonly link: Link,
    private readonly machine: Machine,
  ) {}

  /**
   * What was lost with its connection is asked again on the next one, what is not possible right now after a while.
   * @param wanted false when nobody waits for the answer any more
   * @throws Refused for good; Lost when the client is closed or the answer is not wanted any more
   */
  async ask<T extends CommandType>(type: T, data: InputOf<T>, wanted = (): boolean => true): Promise<OutputOf<T>> {
    const backoff = new Backoff(() => this.machine.random());
    let faults = 0;
    while (wanted() && !this.#closed) {
      if (!this.link.welcome) await this.#connection();
      try {
        return await this.link.call(type, data);
      } catch (error) {
        if (isPassing(error)) await this.rest(backoff.next(error.retryAfterMs));
        else if (error instanceof Refused && error.code === 'internal' && ++faults < MOST_FAULTS)
          await this.rest(backoff.next());
        else if (!(error instanceof Lost)) throw error;
        // a link that says "lost" while it is there would be asked without end
        else if (this.link.welcome) await this.rest(backoff.next());
      }
    }
    throw new Lost('nobody waits for the answer any more');
  }

  /** Resolves after a while, or at once with the next connection. @throws Lost when the client is closed */
  rest(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closed());
      const done = () => {
        callOff();
        this.#resting.delete(waiting);
        resolve();
      };
      const callOff = this.machine.after(ms, done);
      const giveUp = (error: Lost) => {
        callOff();
        reject(error);
      };
      const waiting = { go: done, giveUp };
      this.#resting.add(waiting);
    });
  }

  opened(): void {
    for (const waiting of [...this.#forConnection]) waiting.go();
  }

  close(): void {
    this.#closed = true;
    for (const { giveUp } of [...this.#forConnection, ...this.#resting]) giveUp(closed());
    this.#forConnection.clear();
    this.#resting.clear();
  }

  #connection(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closed());
      const waiting: Waiting = {
        go: () => {
          this.#forConnection.delete(waiting);
          resolve();
        },
        giveUp: reject,
      };
      this.#forConnection.add(waiting);
    });
  }
}

const closed = () => new Lost('the client is closed');
