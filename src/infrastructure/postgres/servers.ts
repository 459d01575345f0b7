import { addressesIn } from './addresses.ts';
import { DatabaseAway } from './failure.ts';

/** What a server that takes writes holds: its cluster, and how often a copy of that took over or was restored. */
export interface ServerHistory {
  readonly system: string;
  readonly timeline: number;
}

/**
 * The servers of one database, one of which takes writes; which one changes at a failover. All pools of a process share
 * one, so that none of them goes on with a server that has been left.
 */
export class Servers {
  readonly #addresses: readonly string[];
  #at = 0;
  #passed = 0;
  #generation = 0;
  #history: ServerHistory | undefined;
  readonly #onLeft = new Set<() => void>();
  readonly #onStray = new Set<() => void>();
  /** One that was outlived has been met since the last good one. */
  #strayed = false;

  constructor(url: string) {
    this.#addresses = addressesIn(url) ?? [url]; // who connects will say what is wrong with it
  }

  get count(): number {
    return this.#addresses.length;
  }

  /** Where to connect. */
  get address(): string {
    return this.#addresses[this.#at]!; // in range
  }

  /** How often one was passed over. */
  get passed(): number {
    return this.#passed;
  }

  /** Grows when what the servers hold is another history than before: older connections are not to be used. */
  get generation(): number {
    return this.#generation;
  }

  /** It can't be reached, or takes no writes: the next one is tried first from now on. Of several who say so, the first counts. */
  passOver(address: string): void {
    if (address !== this.address) return;
    this.#at = (this.#at + 1) % this.#addresses.length;
    this.#passed++;
  }

  /**
   * A server takes writes and holds this.
   * @throws DatabaseAway for one whose successor took over: it must have been cut off, and what it took would be lost
   */
  found(history: ServerHistory): void {
    const last = this.#history;
    const same = last?.system === history.system;
    if (last && same && history.timeline < last.timeline) this.#refuse();
    this.#history = history;
    this.#strayed = false;
    if (!last || (same && history.timeline === last.timeline)) return;
    this.#generation++;
    for (const tell of this.#onLeft) tell();
  }

  /** Told, synchronously, when the history is another one. Must not throw. */
  onLeft(tell: () => void): void {
    this.#onLeft.add(tell);
  }

  /** Told, synchronously, when a server is refused because another one took over from it; not each time. Must not throw. */
  onStray(tell: () => void): void {
    this.#onStray.add(tell);
  }

  #refuse(): never {
    if (!this.#strayed) for (const tell of this.#onStray) tell();
    this.#strayed = true;
    throw new DatabaseAway('another server has taken over from this one, which still takes writes: stop it');
  }
}
