import { beforeEach, describe, expect, it } from 'vitest';
import { InProcessLoginThrottle } from '#app/infrastructure/memory/in-process-login-throttle.ts';
import { ManualClock } from '../../../support/identity.ts';

const HERE = '192.0.2.1';
const THERE = '198.51.100.1';

describe('LoginThrottle contract: in process', () => {
  let clock: ManualClock;
  let throttle: InProcessLoginThrottle;
  beforeEach(() => {
    clock = new ManualClock();
    throttle = new InProcessLoginThrottle(clock);
  });
  const attempt = (account = 'ada', address = HERE) => throttle.attempt(account, address);
  const fail = (count: number, account = 'ada', address = HERE) => {
    for (let i = 0; i < count; i += 1) attempt(account, address);
  };
  const waitOf = (account = 'ada', address = HERE) => {
    const outcome = attempt(account, address);
    return outcome.allowed ? 0 : outcome.retryAfterMs;
  };

  it('lets five fail freely, then doubles the wait, up to a quarter of an hour', () => {
    const waits: number[] = [];
    fail(5);
    for (let i = 0; i < 13; i += 1) {
      waits.push(waitOf());
      clock.pass(waits.at(-1) ?? 0);
      expect(attempt().allowed).toBe(true);
    }
    expect(waits.map((ms) => ms / 1_000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  });

  it('does not count what it refuses', () => {
    fail(5);
    for (let i = 0; i < 1_000; i += 1) expect(waitOf()).toBe(1_000);
  });

  it('starts anew after a success, and after a day of silence', () => {
    fail(5);
    clock.pass(1_000);
    const outcome = attempt();
    if (outcome.allowed) outcome.succeeded();
    fail(4);
    expect(attempt().allowed).toBe(true);
    clock.pass(24 * 3_600_000 + 1);
    fail(4);
    expect(attempt().allowed).toBe(true);
  });

  it('takes back what could not be judged, once', () => {
    for (let i = 0; i < 20; i += 1) {
      const outcome = attempt();
      if (outcome.allowed) for (const end of [outcome.withdraw, outcome.withdraw, outcome.succeeded]) end();
    }
    fail(5);
    expect(waitOf()).toBe(1_000);
    expect(waitOf('ada', THERE)).toBe(0);
  });

  it('does not let who owns an account buy free guesses at others', () => {
    let guesses = 0;
    for (let i = 0; i < 500; i += 1) {
      if (attempt(`victim_${i}`).allowed) guesses += 1;
      const own = attempt('own');
      if (own.allowed) own.succeeded();
    }
    expect(guesses).toBeLessThan(70);
  });

  it('keeps accounts and addresses apart', () => {
    fail(6);
    expect(waitOf('eve')).toBe(0);
    expect(waitOf('ada', THERE)).toBe(0);
  });

  it('waits at most 30 s for an account that is tried from everywhere', () => {
    for (let i = 0; i < 5_000; i += 1) fail(1, 'ada', `203.0.${i % 250}.${Math.floor(i / 250)}`);
    for (let i = 0; i < 20; i += 1) {
      clock.pass(30_000);
      fail(1, 'ada', `198.18.0.${i}`);
    }
    expect(waitOf('ada', THERE)).toBe(30_000);
    expect(waitOf('eve', THERE)).toBe(0);
  });
});
