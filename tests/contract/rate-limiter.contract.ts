import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LimitClass, type RateLimiter } from '#app/application/ports/rate-limiter.ts';
import type { Buckets } from '#app/infrastructure/memory/in-process-rate-limiter.ts';

const BURST = 5;
const bucketsOf = (rate: number) =>
  Object.fromEntries(Object.values(LimitClass).map((kind) => [kind, { rate, burst: BURST }])) as Buckets;
/** A token comes back in this time, which passes when a test says so: no machine is as slow between two takes. */
export const TOKEN_MS = 600_000;
export const buckets = bucketsOf(1_000 / TOKEN_MS);
/** In which nothing comes back while a test lasts. */
export const slowBuckets = bucketsOf(1 / 3_600);

export interface OpenedLimiter {
  readonly limiter: RateLimiter;
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** `send` stands for what is judged at once, `login` for what is counted by all nodes first. */
export const rateLimiterContract = (adapter: string, open: () => Promise<OpenedLimiter>) =>
  describe.each(['send', 'login'] as const)(`RateLimiter contract: ${adapter}, %s`, (kind) => {
    let opened: OpenedLimiter;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());

    const take = async (cost?: number, key = 'ada') => opened.limiter.take(kind, key, cost);
    const allowed = async (count: number, key = 'ada') => {
      const outcomes = [];
      for (let n = 0; n < count; n++) outcomes.push((await take(1, key)).allowed);
      return outcomes;
    };
    const waitOf = async (cost?: number) => {
      const taken = await take(cost);
      if (taken.allowed) throw new Error('it was allowed');
      return taken.retryAfterMs;
    };

    it('allows a burst, and then what comes back; the wait that it names is enough', async () => {
      expect(await allowed(5)).toEqual(Array(5).fill(true));
      const wait = await waitOf();
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(TOKEN_MS);
      await opened.pass(wait);
      expect((await take()).allowed).toBe(true);
      expect((await take()).allowed).toBe(false);
    });

    it('never saves up more than a burst', async () => {
      await allowed(5);
      await opened.pass(10 * TOKEN_MS);
      expect(await allowed(6)).toEqual([...Array(5).fill(true), false]);
    });

    it('keeps keys and classes apart', async () => {
      await allowed(6);
      expect(await allowed(1, 'eve')).toEqual([true]);
      expect((await opened.limiter.take('sync', 'ada')).allowed).toBe(true);
    });

    it('takes a cost, nothing when it refuses, and judges one above the burst as the burst', async () => {
      expect((await take(4)).allowed).toBe(true);
      const wait = await waitOf(4);
      expect(wait).toBeGreaterThan(2 * TOKEN_MS);
      expect(wait).toBeLessThanOrEqual(3 * TOKEN_MS);
      expect((await take()).allowed).toBe(true);
      await opened.pass(BURST * TOKEN_MS);
      expect((await take(1_000)).allowed).toBe(true);
      expect((await take()).allowed).toBe(false);
    });
  });
