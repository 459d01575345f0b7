import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoginThrottle } from '#app/application/ports/login-throttle.ts';
import type { Patiences } from '#app/infrastructure/memory/in-process-login-throttle.ts';

/** The shortest wait. Time passes when a test says so: no machine is as slow between two attempts. */
const FIRST_MS = 200_000;
const FORGET_MS = 15 * FIRST_MS;
/** As often as with the real ones, and with longer waits. */
export const strict: Patiences = {
  pair: { free: 5, firstMs: FIRST_MS, longestMs: 4 * FIRST_MS, forgetMs: FORGET_MS },
  block: { free: 30, firstMs: FIRST_MS, longestMs: 4 * FIRST_MS, forgetMs: FORGET_MS },
  account: { free: 60, firstMs: FIRST_MS, longestMs: 2 * FIRST_MS, forgetMs: FORGET_MS },
  knownMs: 20 * FORGET_MS,
};

export interface OpenedThrottle {
  readonly throttle: LoginThrottle;
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

const HERE = '192.0.2.1';
const THERE = '198.51.100.1';

export const loginThrottleContract = (adapter: string, open: () => Promise<OpenedThrottle>) =>
  describe(`LoginThrottle contract: ${adapter}`, () => {
    let opened: OpenedThrottle;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    const attempt = async (account = 'ada', address = HERE) => opened.throttle.attempt(account, address);
    const fail = async (count: number, account = 'ada', address = HERE) => {
      for (let n = 0; n < count; n++) await attempt(account, address);
    };
    const waitOf = async (account = 'ada', address = HERE) => {
      const outcome = await attempt(account, address);
      return outcome.allowed ? 0 : outcome.retryAfterMs;
    };
    const succeed = async (account = 'ada', address = HERE) => {
      const outcome = await attempt(account, address);
      if (!outcome.allowed) throw new Error('it was refused');
      outcome.succeeded();
    };

    it('lets five fail freely, then doubles the wait, up to a bound, and does not count what it refuses', async () => {
      await fail(5);
      for (const expected of [1, 2, 4, 4].map((times) => times * FIRST_MS)) {
        for (let n = 0; n < 3; n++) await attempt();
        const wait = await waitOf();
        expect(wait).toBeGreaterThan(expected - FIRST_MS / 2);
        expect(wait).toBeLessThanOrEqual(expected);
        await opened.pass(wait);
        expect((await attempt()).allowed).toBe(true);
      }
    });

    it('starts anew after a success, and after a long silence', async () => {
      await fail(4);
      await succeed();
      await fail(4);
      expect(await waitOf()).toBe(0);
      await opened.pass(FORGET_MS + 1_000);
      await fail(4);
      expect(await waitOf()).toBe(0);
    });

    it('takes back what could not be judged, once', async () => {
      for (let n = 0; n < 12; n++) {
        const outcome = await attempt();
        if (outcome.allowed) for (const end of [outcome.withdraw, outcome.withdraw, outcome.succeeded]) end();
        await opened.pass(0);
      }
      await fail(5);
      expect(await waitOf()).toBeGreaterThan(0);
    });

    it('charges nothing to an address from which many log in', async () => {
      for (let n = 0; n < 40; n++) await succeed(`someone ${n}`);
      expect(await waitOf('another')).toBe(0);
    });

    it('charges attempts as they begin, so that many at once gain nothing', async () => {
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => attempt()));
      expect(outcomes.filter(({ allowed }) => allowed)).toHaveLength(5);
    });

    it('keeps accounts and addresses apart, and slows one address that tries many accounts', async () => {
      await fail(6);
      expect([await waitOf('eve'), await waitOf('ada', THERE)]).toEqual([0, 0]);
      let guesses = 0;
      for (let n = 0; n < 60; n++) if ((await attempt(`victim ${n}`)).allowed) guesses++;
      expect(guesses).toBeLessThan(35);
    });

    it('slows an account that is tried from everywhere, and spares a block from which it logged in', async () => {
      await succeed('ada', THERE);
      await Promise.all(Array.from({ length: 80 }, (_, n) => attempt('ada', `203.0.113.${n}`)));
      expect(await waitOf('ada', '203.0.113.200')).toBeGreaterThan(0);
      expect([await waitOf('ada', THERE), await waitOf('eve', '203.0.113.200')]).toEqual([0, 0]);
    });
  });
