import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newPace } from '../../../clients/sdk/src/outbox/pace.ts';
import { welcome } from './link-stage.ts';

const paceOf = (limits: { sendBurst: number; sendsPerMinute: number }) => {
  let now = 0;
  const told = welcome();
  const link = { welcome: { ...told, limits: { ...told.limits, ...limits } } };
  const pace = newPace(link, { monotonic: () => now });
  return { ...pace, pass: (ms: number) => (now += ms), now: () => now };
};

describe('the pace of sends', () => {
  it('lets none go unanswered that the server could refuse for speed, whatever its bucket', () => {
    const limits = fc.record({ sendBurst: fc.integer({ min: 1, max: 300 }), sendsPerMinute: fc.nat(6_000) });
    const steps = fc.array(fc.tuple(fc.nat(3_000), fc.nat(80)), { maxLength: 60 });
    fc.assert(
      fc.property(limits, steps, ({ sendBurst, sendsPerMinute }, rounds) => {
        const pace = paceOf({ sendBurst, sendsPerMinute });
        let bucket = sendBurst;
        for (const [ms, sends] of rounds) {
          pace.pass(ms);
          bucket = Math.min(sendBurst, bucket + (ms / 60_000) * sendsPerMinute);
          for (let n = 0; n < sends; n++) {
            if (pace.allowsPipelining()) expect(bucket).toBeGreaterThanOrEqual(1);
            pace.sent(); // where it is not allowed, this one waited for its answer
            if (bucket >= 1) bucket--;
          }
        }
      }),
    );
  });

  it('leaves three quarters to other devices, and counts again what comes back', () => {
    const pace = paceOf({ sendBurst: 200, sendsPerMinute: 3_000 });
    let atOnce = 0;
    for (; pace.allowsPipelining(); atOnce++) pace.sent();
    expect(atOnce).toBe(50);
    pace.pass(1_000);
    for (; pace.allowsPipelining(); atOnce++) pace.sent();
    expect(atOnce).toBe(62);
  });

  it('is one by one where the bucket has no room for more', () => {
    expect(paceOf({ sendBurst: 3, sendsPerMinute: 60 }).allowsPipelining()).toBe(false);
  });
});
