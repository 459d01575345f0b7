import type { Clock } from '#app/application/ports/clock.ts';
import type { LimitClass, RateLimiter, Taken } from '#app/application/ports/rate-limiter.ts';
import type { Buckets, InProcessRateLimiter } from '../memory/in-process-rate-limiter.ts';
import type { RedisLink } from './redis-link.ts';
import { RedisScript } from './redis-script.ts';

/** What guesses passwords or makes accounts is counted by all nodes before it is allowed; it costs far more than asking. */
const COUNTED_FIRST: ReadonlySet<LimitClass> = new Set(['login', 'refresh'] satisfies LimitClass[]);
/** The part of a burst that a key may take at one node before the others hear of it. */
const UNHEARD = 1 / 8;
const MOST_KEYS = 50_000;

/** By Redis' clock, for those of the nodes differ. What was allowed already is taken in any case, down to a burst below nothing. */
const TAKE = new RedisScript(`
  local rate, burst, price, allowed = tonumber(ARGV[1]) / 1000, tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4] == 'allowed'
  local time = redis.call('TIME')
  local now = time[1] * 1000 + time[2] / 1000
  local was = redis.call('HMGET', KEYS[1], 'tokens', 'at')
  local past = math.max(0, now - (tonumber(was[2]) or now))
  local tokens = math.min(burst, (tonumber(was[1]) or burst) + past * rate)
  local enough = tokens >= price - 1e-9
  if enough or allowed then tokens = math.max(tokens - price, -burst) end
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.3f', now))
  redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate) + 1000)
  return {enough and 1 or 0, string.format('%.6f', tokens)}`);

/** What was allowed here and the others have not heard of; it wears off as the bucket fills. */
interface Spent {
  tokens: number;
  at: number;
  asking: boolean;
}

/**
 * Buckets shared by all nodes. Most classes are judged here at once, and what they took is told to Redis an eighth of a burst at
 * a time, so that a quiet user costs nothing and the hot path never waits; in the worst case a key gets an eighth of a burst a
 * node more than its due, once. Where guessing is at stake Redis judges as well. While it is away each node judges alone,
 * by buckets that have counted all along; so a Redis that forgot everything hands out no new guesses here.
 */
export class RedisRateLimiter implements RateLimiter {
  readonly #spent = new Map<string, Spent>();

  constructor(
    private readonly link: RedisLink,
    private readonly own: InProcessRateLimiter,
    private readonly buckets: Buckets,
    private readonly clock: Clock,
    /** Told of each time that Redis did not answer. */
    private readonly onAway: () => void,
  ) {}

  take(kind: LimitClass, key: string, cost = 1): Taken | Promise<Taken> {
    const taken = this.own.take(kind, key, cost);
    if (!taken.allowed) return taken;
    const price = Math.min(cost, this.buckets[kind].burst);
    if (COUNTED_FIRST.has(kind)) return this.#judged(kind, key, price);
    this.#note(kind, key, price);
    return taken;
  }

  async #judged(kind: LimitClass, key: string, price: number): Promise<Taken> {
    const answer = await this.#ask(kind, key, price, 'asked');
    if (!answer || answer.enough) return { allowed: true };
    const retryAfterMs = Math.ceil(((price - answer.tokens) / this.buckets[kind].rate) * 1_000 - 1e-6);
    return { allowed: false, retryAfterMs: Math.max(1, retryAfterMs) };
  }

  #note(kind: LimitClass, key: string, price: number): void {
    const { rate, burst } = this.buckets[kind];
    const [name, now] = [`${kind}:${key}`, this.clock.monotonic()];
    const spent = this.#spent.get(name) ?? { tokens: 0, at: now, asking: false };
    spent.tokens = Math.max(0, spent.tokens - ((now - spent.at) * rate) / 1_000) + price;
    spent.at = now;
    // Re-inserting makes the first key the one used longest ago.
    this.#spent.delete(name);
    this.#spent.set(name, spent);
    if (this.#spent.size > MOST_KEYS) this.#spent.delete(this.#spent.keys().next().value ?? name);
    if (spent.tokens >= worthTelling(burst) && !spent.asking) void this.#settle(kind, key, spent);
  }

  async #settle(kind: LimitClass, key: string, spent: Spent): Promise<void> {
    spent.asking = true;
    while (spent.tokens >= worthTelling(this.buckets[kind].burst)) {
      const { tokens } = spent;
      spent.tokens = 0;
      const answer = await this.#ask(kind, key, tokens, 'allowed');
      if (answer) this.own.lower(kind, key, answer.tokens - spent.tokens);
    }
    spent.asking = false;
  }

  /** Undefined when Redis is away. */
  async #ask(
    kind: LimitClass,
    key: string,
    price: number,
    how: 'asked' | 'allowed',
  ): Promise<{ enough: boolean; tokens: number } | undefined> {
    const { rate, burst } = this.buckets[kind];
    try {
      const name = `${this.link.options.prefix}:limit:{${kind}:${key}}`;
      const answer = await TAKE.run(this.link.commands, [name], [rate, burst, price, how]);
      const [enough, tokens] = answer as [number, string];
      return { enough: enough === 1, tokens: Number(tokens) };
    } catch {
      this.onAway();
      return undefined;
    }
  }
}

const worthTelling = (burst: number) => Math.max(1, burst * UNHEARD);
