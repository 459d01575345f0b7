import type { RedisLink } from './redis-link.ts';
import { RedisScript } from './redis-script.ts';

export interface Dead {
  readonly registration: string;
  /** Since its last beat, by Redis' clock. */
  readonly silentMs: number;
}

export interface Beat {
  /** False when the lease had run out, or Redis does not know of it. */
  readonly held: boolean;
  readonly living: readonly string[];
  readonly dead: readonly Dead[];
}

/** One sorted set: who is registered, until when by Redis' clock. A lease that ran out is never renewed. */
const BEAT = new RedisScript(`
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local till = redis.call('ZSCORE', KEYS[1], ARGV[1])
  local held = till and tonumber(till) > now
  if held or ARGV[3] == 'new' then redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1]) end
  return {
    held and 1 or 0,
    redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. now, '+inf'),
    redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'WITHSCORES', 'LIMIT', 0, 100),
    now
  }`);

/** Leases of those who write connections into Redis. */
export class Registrations {
  readonly #key: string;

  constructor(
    private readonly link: RedisLink,
    private readonly leaseMs: number,
  ) {
    this.#key = `${link.options.prefix}:registrations`;
  }

  /** Rejects when Redis can't be asked. */
  async beat(registration: string, how: 'new' | 'renew'): Promise<Beat> {
    const answer = await BEAT.run(this.link.commands, [this.#key], [registration, this.leaseMs, how]);
    const [held, living, ended, now] = answer as [number, string[], string[], number];
    const dead = ended.flatMap((name, at) =>
      at % 2 === 0 && name !== registration
        ? [{ registration: name, silentMs: now - Number(ended[at + 1]) + this.leaseMs }] // its score: when it ended
        : [],
    );
    return { held: held === 1 || how === 'new', living, dead };
  }

  async forget(registration: string): Promise<void> {
    await this.link.commands.zrem(this.#key, registration);
  }
}
