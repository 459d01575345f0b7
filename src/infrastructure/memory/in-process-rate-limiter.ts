import type { Clock } from '#app/application/ports/clock.ts';
import type { LimitClass, RateLimiter, Taken } from '#app/application/ports/rate-limiter.ts';

export interface Bucket {
  /** Tokens that come back per second. */
  readonly rate: number;
  /** Tokens a key starts with and never exceeds. */
  readonly burst: number;
}
export type Buckets = Readonly<Record<LimitClass, Bucket>>;

/** Tokens as they were at `at`; what came back since is computed when asked. */
interface Level {
  tokens: number;
  at: number;
}

const ALLOWED: Taken = { allowed: true };
const MOST_KEYS = 50_000;

export class InProcessRateLimiter implements RateLimiter {
  readonly #levels = new Map<LimitClass, Map<string, Level>>();

  constructor(
    private readonly buckets: Buckets,
    private readonly clock: Clock,
    private readonly mostKeysPerClass = MOST_KEYS,
  ) {}

  take(kind: LimitClass, key: string, cost = 1): Taken {
    const { rate, burst } = this.buckets[kind];
    const now = this.clock.monotonic();
    const level = this.#level(kind, key, burst, now);
    level.tokens = Math.min(burst, level.tokens + ((now - level.at) * rate) / 1_000);
    level.at = now;
    const price = Math.min(cost, burst);
    // A sum of fractions may miss the price by a hair's breadth after exactly `retryAfterMs`.
    if (level.tokens >= price - 1e-9) {
      level.tokens -= price;
      return ALLOWED;
    }
    return { allowed: false, retryAfterMs: Math.max(1, Math.ceil(((price - level.tokens) / rate) * 1_000 - 1e-6)) };
  }

  /** The key has no more than so many tokens left: others took some. May be below 0. */
  lower(kind: LimitClass, key: string, tokens: number): void {
    const level = this.#level(kind, key, this.buckets[kind].burst, this.clock.monotonic());
    level.tokens = Math.min(level.tokens, tokens);
  }

  /** A map keeps the order of insertion: re-inserting makes the first key the one used longest ago. */
  #level(kind: LimitClass, key: string, burst: number, now: number): Level {
    let levels = this.#levels.get(kind);
    if (levels === undefined) this.#levels.set(kind, (levels = new Map()));
    const level = levels.get(key) ?? { tokens: burst, at: now };
    levels.delete(key);
    levels.set(key, level);
    if (levels.size > this.mostKeysPerClass) levels.delete(levels.keys().next().value ?? key);
    return level;
  }
}
