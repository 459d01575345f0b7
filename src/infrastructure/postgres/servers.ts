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
  /** Where that was found last. */
  #foundAt: string | undefined;
  readonly #onLeft = new Set<() => void>();
  readonly #onStray = new Set<(why: string) => void>();
  /** One was refused since the last good one. */
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
   * The server at this address takes writes and holds this. One that changed its cluster was made anew there, and is taken.
   * @throws DatabaseAway for one whose successor took over: it must have been cut off, and what it took would be lost; and
   * for one of another cluster than another server of the list
   */
  found(history: ServerHistory, address: string): void {
    const last = this.#history;
    const same = last?.system === history.system;
    if (last && same && history.timeline < last.timeline)
      this.#refuse('another server has taken over from this one, which still takes writes: stop it', address);
    if (last && !same && address !== this.#foundAt)
      this.#refuse('this server is of another cluster than the one used before, and so no copy of it', address);
    [this.#history, this.#foundAt] = [history, address];
    this.#strayed = false;
    if (!last || (same && history.timeline === last.timeline)) return;
    this.#generation++;
    for (const tell of this.#onLeft) tell();
  }

  /** Told, synchronously, when the history is another one. Must not throw. */
  onLeft(tell: () => void): void {
    this.#onLeft.add(tell);
  }

  /** Told, synchronously, when a server that takes writes is refused, and why; not each time. Must not throw. */
  onStray(tell: (why: string) => void): void {
    this.#onStray.add(tell);
  }

  #refuse(reason: string, address: string): never {
    const why = `${hostOf(address)}: ${reason}`;
    if (!this.#strayed) for (const tell of this.#onStray) tell(why);
    this.#strayed = true;
    throw new DatabaseAway(why);
  }
}

/** Never what stands before it: the password. */
const hostOf = (address: string) => (URL.canParse(address) ? new URL(address).host : 'a server');
