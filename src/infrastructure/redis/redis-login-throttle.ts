import { createHash } from 'node:crypto';
import type { Attempt, LoginThrottle } from '#app/application/ports/login-throttle.ts';
import { addressBlock } from '#app/domain/identity/address-block.ts';
import { type InProcessLoginThrottle, type Patience, patiences } from '../memory/in-process-login-throttle.ts';
import type { RedisLink } from './redis-link.ts';
import { RedisScript } from './redis-script.ts';

type Kind = 'pair' | 'block' | 'account';
interface Series {
  readonly key: string;
  readonly patience: Patience;
}

/** Answers how long to wait, in milliseconds; 0 when the attempt was charged as a failure. By Redis' clock. */
const CHARGE = new RedisScript(`
  local free, first, longest, forget = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local was = redis.call('HMGET', KEYS[1], 'failures', 'notBefore')
  local before = tonumber(was[2]) or 0
  if before > now then return before - now end
  local failures = (tonumber(was[1]) or 0) + 1
  local doublings = math.min(failures - free, 30)
  local wait = doublings < 0 and 0 or math.min(longest, first * 2 ^ doublings)
  redis.call('HSET', KEYS[1], 'failures', failures, 'notBefore', string.format('%.0f', now + wait))
  redis.call('PEXPIRE', KEYS[1], forget)
  return 0`);

/** One failure less; the wait that it brought is lifted. */
const REFUND = new RedisScript(`
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  if redis.call('HINCRBY', KEYS[1], 'failures', -1) <= 0 then return redis.call('DEL', KEYS[1]) end
  return redis.call('HSET', KEYS[1], 'notBefore', 0)`);

/**
 * Failures counted by all nodes together, after this node's own throttle has let the attempt pass. While Redis is away,
 * or has forgotten, that one holds alone, and it has counted all along.
 */
export class RedisLoginThrottle implements LoginThrottle {
  constructor(
    private readonly link: RedisLink,
    private readonly own: InProcessLoginThrottle,
    /** Told of each time that Redis did not answer. */
    private readonly onAway: () => void,
    private readonly patience = patiences,
  ) {}

  async attempt(account: string, address: string): Promise<Attempt> {
    const own = this.own.attempt(account, address);
    if (!own.allowed) return own;
    try {
      return await this.#judged(account, addressBlock(address), own);
    } catch {
      this.onAway();
      return own;
    }
  }

  async #judged(account: string, block: string, own: Attempt & { allowed: true }): Promise<Attempt> {
    const pair = this.#series('pair', `${block} ${account.slice(0, 300)}`);
    const known = `${pair.key}:known`;
    const spared = (await this.link.commands.exists(known)) === 1;
    const judged = [pair, this.#series('block', block), ...(spared ? [] : [this.#series('account', account)])];
    const waits = await Promise.all(judged.map((series) => this.#charge(series)));
    const charged = judged.filter((_series, at) => waits[at] === 0);
    const wait = Math.max(...waits);
    if (wait > 0) {
      own.withdraw();
      await this.#refund(charged);
      return { allowed: false, retryAfterMs: Math.ceil(wait) };
    }
    return this.#allowed(own, charged, pair, known);
  }

  #allowed(own: Attempt & { allowed: true }, charged: readonly Series[], pair: Series, known: string): Attempt {
    const { commands } = this.link;
    let open = true;
    const once = (work: () => Promise<unknown>) => () => {
      if (open) work().catch(this.onAway);
      open = false;
    };
    return {
      allowed: true,
      succeeded: once(async () => {
        own.succeeded();
        await this.#refund(charged);
        // Only this series ends: who owns one account must not buy free guesses at others with it.
        await Promise.all([commands.del(pair.key), commands.set(known, '1', 'PX', this.patience.knownMs)]);
      }),
      withdraw: once(async () => {
        own.withdraw();
        await this.#refund(charged);
      }),
    };
  }

  /** Names of accounts don't stand in Redis. */
  #series(kind: Kind, name: string): Series {
    const hash = createHash('sha256').update(name).digest('base64url').slice(0, 22);
    return { key: `${this.link.options.prefix}:guesses:{${kind}:${hash}}`, patience: this.patience[kind] };
  }

  async #charge({ key, patience: { free, firstMs, longestMs, forgetMs } }: Series): Promise<number> {
    return Number(await CHARGE.run(this.link.commands, [key], [free, firstMs, longestMs, forgetMs]));
  }

  async #refund(series: readonly Series[]): Promise<void> {
    await Promise.all(series.map(({ key }) => REFUND.run(this.link.commands, [key], [])));
  }
}
