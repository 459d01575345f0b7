import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { LimitClass } from '#app/application/ports/rate-limiter.ts';
import { type Buckets, InProcessRateLimiter } from '#app/infrastructure/memory/in-process-rate-limiter.ts';
import { ManualClock } from '../../../support/identity.ts';

const bucket = { rate: 2, burst: 5 };
const buckets = Object.fromEntries(Object.values(LimitClass).map((kind) => [kind, bucket])) as Buckets;

describe('RateLimiter contract: in process', () => {
  let clock: ManualClock;
  let limiter: InProcessRateLimiter;
  beforeEach(() => {
    clock = new ManualClock();
    limiter = new InProcessRateLimiter(buckets, clock, 3);
  });
  const takes = (count: number, key = 'ada') => Array.from({ length: count }, () => limiter.take('send', key).allowed);

  it('allows a burst, then the rate, and says exactly how long to wait', () => {
    expect(takes(6)).toEqual([true, true, true, true, true, false]);
    expect(limiter.take('send', 'ada')).toEqual({ allowed: false, retryAfterMs: 500 });
    clock.pass(499);
    expect(limiter.take('send', 'ada')).toEqual({ allowed: false, retryAfterMs: 1 });
    clock.pass(1);
    expect(takes(2)).toEqual([true, false]);
  });

  it('never saves up more than a burst', () => {
    takes(5);
    clock.pass(3_600_000);
    expect(takes(6)).toEqual([true, true, true, true, true, false]);
  });

  it('keeps keys and classes apart', () => {
    takes(6);
    expect(limiter.take('send', 'eve').allowed).toBe(true);
    expect(limiter.take('sync', 'ada').allowed).toBe(true);
  });

  it('takes a cost, nothing when it refuses, and judges one above the burst as the burst', () => {
    expect(limiter.take('sync', 'ada', 4).allowed).toBe(true);
    expect(limiter.take('sync', 'ada', 4)).toEqual({ allowed: false, retryAfterMs: 1_500 });
    expect(limiter.take('sync', 'ada').allowed).toBe(true);
    clock.pass(2_500);
    expect(limiter.take('sync', 'ada', 1_000).allowed).toBe(true);
    expect(limiter.take('sync', 'ada').allowed).toBe(false);
  });

  it('forgets those used longest ago beyond its bound', () => {
    takes(6, 'one');
    for (const key of ['two', 'three']) takes(6, key);
    takes(1, 'one');
    takes(1, 'four');
    expect(limiter.take('send', 'one').allowed).toBe(false);
    expect(limiter.take('send', 'two').allowed).toBe(true);
  });

  it('always allows after the time that it said, and never more than burst and rate together', () => {
    const step = fc.record({ pass: fc.integer({ min: 0, max: 3_000 }), cost: fc.integer({ min: 1, max: 7 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const time = new ManualClock();
        const subject = new InProcessRateLimiter(buckets, time);
        let taken = 0;
        for (const { pass, cost } of steps) {
          time.pass(pass);
          const outcome = subject.take('send', 'ada', cost);
          if (!outcome.allowed) {
            time.pass(outcome.retryAfterMs);
            expect(subject.take('send', 'ada', cost).allowed).toBe(true);
          }
          taken += Math.min(cost, bucket.burst);
          expect(taken).toBeLessThanOrEqual(bucket.burst + (time.monotonic() * bucket.rate) / 1_000 + 1e-6);
        }
      }),
    );
  });
});
