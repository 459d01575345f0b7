import type { Backplane } from '#app/application/ports/backplane.ts';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import type { Chance } from './chance.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One node's end of it. */
export interface Station {
  readonly incarnation: string;
  readonly alive: boolean;
  /** Does it when the node can. */
  later(ms: number, work: () => void): void;
}

interface Joined {
  readonly station: Station;
  receive?: (event: ChatEvent) => void;
  readonly repairs: (() => void)[];
}

/** How long it takes to notice that another node is not heard. */
const NOTICED_MS = 3_000;

/** What carries events between nodes, as badly as it may: it loses, doubles, delays and turns them round, and falls apart. */
export class Network {
  lost = 0;
  doubled = 0;
  meanMs = 1;
  readonly #joined = new Map<string, Joined>();
  /** Nodes that nothing reaches and that reach nobody, and since when. */
  readonly #cut = new Map<string, number>();

  constructor(
    private readonly time: VirtualTime,
    private readonly chance: Chance,
  ) {}

  join(station: Station): Backplane {
    const joined: Joined = { station, repairs: [] };
    this.#joined.set(station.incarnation, joined);
    return {
      publish: (events) => {
        for (const event of events) this.#spread(station, event);
      },
      subscribe: (receive) => void (joined.receive = receive),
      onDisturbance: (repair) => void joined.repairs.push(repair),
      disturb: () => {
        for (const repair of joined.repairs) repair();
        for (const other of this.#joined.values())
          if (other !== joined && !this.#apart(station, other.station))
            other.station.later(this.#takes(), () => other.repairs.forEach((repair) => repair()));
      },
      hears: (incarnation) => {
        const since = Math.min(this.#since(station.incarnation), this.#since(incarnation));
        return this.time.now - since < NOTICED_MS;
      },
      close: () => Promise.resolve(),
    };
  }

  leave({ incarnation }: Station): void {
    this.#joined.delete(incarnation);
    this.#cut.delete(incarnation);
  }

  cut({ incarnation }: Station): void {
    this.#cut.set(incarnation, this.time.now);
  }

  /** Who noticed that it was cut notices that it is not any more. */
  mend({ incarnation }: Station): void {
    const since = this.#cut.get(incarnation);
    this.#cut.delete(incarnation);
    if (since === undefined || this.time.now - since < NOTICED_MS) return;
    for (const { station, repairs } of this.#joined.values())
      station.later(this.#takes(), () => repairs.forEach((repair) => repair()));
  }

  #spread(from: Station, event: ChatEvent): void {
    for (const { station, receive } of this.#joined.values()) {
      if (!receive || this.#apart(from, station) || this.chance.happens(this.lost)) continue;
      const copies = this.chance.happens(this.doubled) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) station.later(this.#takes(), () => receive(event));
    }
  }

  #apart(one: Station, other: Station): boolean {
    return one !== other && (this.#cut.has(one.incarnation) || this.#cut.has(other.incarnation));
  }

  #since(incarnation: string): number {
    return this.#cut.get(incarnation) ?? Infinity;
  }

  #takes(): number {
    return 1 + this.chance.around(this.meanMs);
  }
}
