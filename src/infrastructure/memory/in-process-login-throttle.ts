import type { Clock } from '#app/application/ports/clock.ts';
import type { Attempt, LoginThrottle } from '#app/application/ports/login-throttle.ts';
import { addressBlock } from '#app/domain/identity/address-block.ts';

/** How a series of failures is answered: `free` ones cost nothing, then each doubles the wait, up to `longestMs`. */
export interface Patience {
  readonly free: number;
  readonly firstMs: number;
  readonly longestMs: number;
  /** Silence after which the series is forgotten. */
  readonly forgetMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** One party, one account: nobody mistypes twenty times. */
const PAIR: Patience = { free: 5, firstMs: 1_000, longestMs: 15 * MINUTE, forgetMs: 24 * HOUR };
/** One party, any accounts: a household or an office shares it, so it is more patient and forgets sooner. */
const BLOCK: Patience = { free: 30, firstMs: 1_000, longestMs: 5 * MINUTE, forgetMs: HOUR };
/** One account, all parties: what a botnet may try. Short at most, for the owner on a new device waits as well. */
const ACCOUNT: Patience = { free: 60, firstMs: 1_000, longestMs: 30_000, forgetMs: HOUR };

export interface Patiences {
  readonly pair: Patience;
  readonly block: Patience;
  readonly account: Patience;
  /** How long a block from which an account logged in is spared the account's wait. */
  readonly knownMs: number;
}
export const patiences: Patiences = { pair: PAIR, block: BLOCK, account: ACCOUNT, knownMs: 30 * 24 * HOUR };

const MOST_SERIES = 50_000;

interface Series {
  failures: number;
  /** Monotonic; no attempt before. */
  notBefore: number;
  last: number;
}

export class InProcessLoginThrottle implements LoginThrottle {
  readonly #pairs: SeriesMap;
  readonly #blocks: SeriesMap;
  readonly #accounts: SeriesMap;
  /** Pairs of account and block that logged in, with the moment; spared the account's wait. */
  readonly #known = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly patience = patiences,
  ) {
    this.#pairs = new SeriesMap(patience.pair);
    this.#blocks = new SeriesMap(patience.block);
    this.#accounts = new SeriesMap(patience.account);
  }

  attempt(account: string, address: string): Attempt {
    const now = this.clock.monotonic();
    const block = addressBlock(address);
    const pair = `${block} ${account.slice(0, 300)}`;
    const spared = now - (this.#known.get(pair) ?? Number.NEGATIVE_INFINITY) < this.patience.knownMs;
    const judged: [SeriesMap, string][] = [
      [this.#pairs, pair],
      [this.#blocks, block],
    ];
    if (!spared) judged.push([this.#accounts, account]);

    const waitMs = Math.max(...judged.map(([series, key]) => series.waitMs(key, now)));
    if (waitMs > 0) return { allowed: false, retryAfterMs: Math.ceil(waitMs) };
    for (const [series, key] of judged) series.charge(key, now);
    return this.#allowed(judged, pair);
  }

  #allowed(judged: readonly [SeriesMap, string][], pair: string): Attempt {
    let open = true;
    const once = (work: () => void) => () => {
      if (open) work();
      open = false;
    };
    const refund = () => {
      for (const [series, key] of judged) series.refund(key);
    };
    const succeeded = () => {
      refund();
      // Only this series ends: who owns one account must not buy free guesses at others with it.
      this.#pairs.end(pair);
      this.#know(pair);
    };
    return { allowed: true, succeeded: once(succeeded), withdraw: once(refund) };
  }

  #know(pair: string): void {
    this.#known.delete(pair);
    this.#known.set(pair, this.clock.monotonic());
    if (this.#known.size > MOST_SERIES) this.#known.delete(this.#known.keys().next().value ?? pair);
  }
}

/** Series of failures by key, those touched longest ago first, so that the bound drops the stalest. */
class SeriesMap {
  readonly #series = new Map<string, Series>();

  constructor(private readonly patience: Patience) {}

  waitMs(key: string, now: number): number {
    const series = this.#series.get(key);
    if (series === undefined) return 0;
    if (now - series.last > this.patience.forgetMs) this.#series.delete(key);
    return Math.max(0, series.notBefore - now);
  }

  charge(key: string, now: number): void {
    const { free, firstMs, longestMs } = this.patience;
    const series = this.#series.get(key) ?? { failures: 0, notBefore: now, last: now };
    series.failures += 1;
    series.last = now;
    const doublings = Math.min(series.failures - free, 30);
    series.notBefore = doublings < 0 ? now : now + Math.min(longestMs, firstMs * 2 ** doublings);
    this.#series.delete(key);
    this.#series.set(key, series);
    if (this.#series.size > MOST_SERIES) this.#series.delete(this.#series.keys().next().value ?? key);
  }

  /** One failure less; the wait that it brought is lifted. */
  refund(key: string): void {
    const series = this.#series.get(key);
    if (series === undefined) return;
    series.failures -= 1;
    series.notBefore = series.last;
    if (series.failures <= 0) this.#series.delete(key);
  }

  end(key: string): void {
    this.#series.delete(key);
  }
}
