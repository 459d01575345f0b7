import type { PresenceStore } from '#app/application/ports/presence-store.ts';
import { DeviceStatus, overDevices } from '#app/domain/connection/presence.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { RedisLink } from './redis-link.ts';
import { RedisScript } from './redis-script.ts';

export const PRESENCE_LEASE_MS = 10_000;
/** A user's key that nobody wrote for so long is gone; each node writes each of its users three times meanwhile. */
const KEPT_MS = 3_600_000;
const BEATS_PER_ROUND = 600;
const AT_ONCE = 500;
/** A node that has not lived for so long is forgotten where its word is found; if it wakes it writes anew. */
const FORGOTTEN_BEATS = 30;
const MOST_DEAD = 1_000;

/** One sorted set: until when each node lives, by Redis' clock. Answers whether this one's lease had held until now. */
const BEAT = new RedisScript(`
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local till = redis.call('ZSCORE', KEYS[1], ARGV[1])
  redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 60000)
  return {till and tonumber(till) > now and 1 or 0, redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')}`);

/**
 * A hash per user, with a field for each node that has them. A field counts while its node's lease does, so nobody has to
 * clear up after the dead: who dies is offline when the lease ends, and the keys end by themselves.
 */
export class RedisPresence implements PresenceStore {
  readonly #own = new Map<UserId, DeviceStatus>();
  readonly #looks: (() => void)[] = [];
  /** Beats since they were last alive. */
  readonly #dead = new Map<string, number>();
  #living: ReadonlySet<string> = new Set();
  #round: Iterator<UserId> = this.#own.keys();
  #life = 0;
  /** Something of this life could not be written, or no life has begun. */
  #incomplete = true;

  constructor(
    private readonly link: RedisLink,
    private readonly incarnation: string,
    private readonly leaseMs = PRESENCE_LEASE_MS,
  ) {}

  async set(userId: UserId, status: DeviceStatus | undefined): Promise<void> {
    if (status) this.#own.set(userId, status);
    else this.#own.delete(userId);
    await this.#write([userId]);
  }

  async read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, DeviceStatus>> {
    const { commands } = this.link;
    const found = new Map<UserId, DeviceStatus>();
    const read = async (userId: UserId) => {
      const fields = Object.entries(await commands.hgetall(this.#keyOf(userId)));
      const own = this.#own.get(userId);
      const others = fields.filter(([node]) => !node.startsWith(`${this.incarnation}.`) && this.#living.has(node));
      const statuses = others.map(([, text]) => (text === 'away' ? DeviceStatus.Away : DeviceStatus.Online));
      const overall = overDevices(own ? [own, ...statuses] : statuses);
      if (overall) found.set(userId, overall);
      await this.#forget(
        userId,
        fields.map(([node]) => node),
      );
    };
    await Promise.all(users.map(read));
    return found;
  }

  onUpset(look: () => void): void {
    this.#looks.push(look);
  }

  /**
   * Every other second. Keeps the lease, learns who lives, and begins another life where this one has ended or something could
   * not be written: then all that is true is written anew, and what is not ends with the old life. Rejects when Redis can't be asked.
   */
  async beat(): Promise<void> {
    const before = this.#living;
    const held = !this.#incomplete && (await this.#say());
    if (held) await this.#write(this.#nextOfRound());
    else await this.#beginAnew();
    this.#bury(before);
    const same = before.size === this.#living.size && [...before].every((node) => this.#living.has(node));
    if (!same) for (const look of this.#looks) look();
  }

  get #node(): string {
    return `${this.incarnation}.${this.#life}`;
  }

  get #leases(): string {
    return `${this.link.options.prefix}:presence-nodes`;
  }

  async #say(): Promise<boolean> {
    const answer = await BEAT.run(this.link.commands, [this.#leases], [this.#node, this.leaseMs]);
    const [held, nodes] = answer as [number, string[]];
    this.#living = new Set(nodes);
    return held === 1;
  }

  async #beginAnew(): Promise<void> {
    this.#incomplete = true;
    const before = this.#node;
    this.#life++;
    await this.#say();
    this.#incomplete = false;
    const users = [...this.#own.keys()];
    for (let at = 0; at < users.length; at += AT_ONCE) await this.#write(users.slice(at, at + AT_ONCE));
    await this.link.commands.zrem(this.#leases, before);
  }

  #keyOf(userId: UserId): string {
    return `${this.link.options.prefix}:presence:{${userId}}`;
  }

  /** What is true when it is written, so that of two writes that overtake each other either is right. */
  async #write(users: readonly UserId[]): Promise<void> {
    const { commands } = this.link;
    const node = this.#node;
    try {
      await Promise.all(
        users.flatMap((userId) => {
          const [key, status] = [this.#keyOf(userId), this.#own.get(userId)];
          if (status === undefined) return [commands.hdel(key, node)];
          return [commands.hset(key, node, status), commands.pexpire(key, KEPT_MS)];
        }),
      );
    } catch (error) {
      this.#incomplete = true;
      throw error;
    }
  }

  #nextOfRound(): readonly UserId[] {
    const next: UserId[] = [];
    for (let left = Math.ceil(this.#own.size / BEATS_PER_ROUND); left > 0; left--) {
      const { done, value } = this.#round.next();
      if (!done) next.push(value);
      else this.#round = this.#own.keys();
    }
    return next;
  }

  #bury(before: ReadonlySet<string>): void {
    for (const node of before) if (!this.#living.has(node)) this.#dead.set(node, 0);
    for (const [node, beats] of this.#dead)
      if (this.#living.has(node)) this.#dead.delete(node);
      else this.#dead.set(node, beats + 1);
    for (const node of this.#dead.keys()) {
      if (this.#dead.size <= MOST_DEAD) break;
      this.#dead.delete(node);
    }
  }

  /** Of users that live on with other nodes, or the word of the dead would stay as long as they do. */
  async #forget(userId: UserId, nodes: readonly string[]): Promise<void> {
    for (const node of nodes) if (!this.#living.has(node) && !this.#dead.has(node)) this.#dead.set(node, 0);
    const gone = nodes.filter((node) => (this.#dead.get(node) ?? 0) > FORGOTTEN_BEATS);
    if (gone.length > 0) await this.link.commands.hdel(this.#keyOf(userId), ...gone);
  }
}
