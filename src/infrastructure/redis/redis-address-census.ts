import type { AddressCensus } from '#app/application/ports/address-census.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { RedisLink } from './redis-link.ts';

/** What is older than this is asked for anew by whoever needs it. */
const FRESH_MS = 5_000;
/** A count that its node has not confirmed for so long is gone from Redis; twice as often they confirm. */
const KEPT_MS = 1_200_000;
const CONFIRM_MS = KEPT_MS / 2;
const MOST_BLOCKS = 50_000;

/** What this node knows of one address block. */
interface Known {
  sockets: number;
  /** As Redis was told last. */
  told: number;
  toldAt: number;
  elsewhere: number;
  heardAt: number;
  asking: boolean;
}

/**
 * A node tells Redis its number of sockets of an address when that has moved by a sixteenth of the limit, and hears on that
 * occasion what the others have; so most addresses cost nothing, and one may exceed its limit by a sixteenth a node.
 */
export class RedisAddressCensus implements AddressCensus {
  readonly #known = new Map<string, Known>();
  readonly #step: number;

  constructor(
    private readonly link: RedisLink,
    private readonly incarnation: string,
    private readonly clock: Clock,
    limit: number,
    /** Whether that node still lives: what a dead one counted is not there. */
    private readonly lives: (incarnation: string) => boolean,
    private readonly onAway: (error: unknown) => void,
  ) {
    this.#step = Math.max(1, Math.floor(limit / 16));
  }

  elsewhere(block: string): number {
    const known = this.#known.get(block);
    if (!known) return 0;
    if (known.told > 0 && this.clock.monotonic() - known.heardAt > FRESH_MS) this.#tell(block, known);
    return known.elsewhere;
  }

  count(block: string, sockets: number): void {
    const known = this.#known.get(block) ?? this.#learn(block);
    known.sockets = sockets;
    const moved = Math.abs(sockets - known.told) >= this.#step || (sockets === 0 && known.told > 0);
    if (moved || (known.told > 0 && this.clock.monotonic() - known.toldAt > CONFIRM_MS)) this.#tell(block, known);
    else if (sockets === 0) this.#known.delete(block);
  }

  #learn(block: string): Known {
    const known = { sockets: 0, told: 0, toldAt: 0, elsewhere: 0, heardAt: 0, asking: false };
    this.#known.set(block, known);
    if (this.#known.size > MOST_BLOCKS) this.#known.delete(this.#known.keys().next().value ?? block);
    return known;
  }

  /** One question at a time for each block; what moved meanwhile is told after it. */
  #tell(block: string, known: Known): void {
    if (known.asking) return;
    known.asking = true;
    const { sockets } = known;
    this.#ask(block, sockets)
      .then((counts) => {
        known.told = sockets;
        known.toldAt = known.heardAt = this.clock.monotonic();
        known.elsewhere = this.#others(counts);
      }, this.onAway)
      .finally(() => {
        known.asking = false;
        if (known.sockets !== sockets) this.count(block, known.sockets);
        else if (sockets === 0) this.#known.delete(block);
      });
  }

  async #ask(block: string, sockets: number): Promise<Readonly<Record<string, string>>> {
    const { commands, options } = this.link;
    const key = `${options.prefix}:sockets-of:{${block}}`;
    const [counts] = await Promise.all([
      commands.hgetall(key),
      sockets > 0 ? commands.hset(key, this.incarnation, sockets) : commands.hdel(key, this.incarnation),
      commands.pexpire(key, KEPT_MS),
    ]);
    return counts;
  }

  #others(counts: Readonly<Record<string, string>>): number {
    return Object.entries(counts)
      .filter(([node]) => node !== this.incarnation && this.lives(node))
      .reduce((sum, [, count]) => sum + Number(count), 0);
  }
}
