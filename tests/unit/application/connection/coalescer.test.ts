import { beforeEach, describe, expect, it } from 'vitest';
import { Coalescer } from '#app/application/connection/coalescer.ts';
import { PassingTime } from '../../../support/passing-time.ts';

describe('Coalescer', () => {
  let time: PassingTime;
  let flushed: [string, Record<string, number>][];
  let coalescer: Coalescer<string, string, number>;
  beforeEach(() => {
    time = new PassingTime();
    flushed = [];
    coalescer = new Coalescer(time.timers, 1_000, Math.max, (key, values) =>
      flushed.push([key, Object.fromEntries(values)]),
    );
  });

  it('lets the first out at once, and what comes meanwhile together, merged part by part', async () => {
    coalescer.add('a', 'x', 1);
    expect(flushed).toEqual([['a', { x: 1 }]]);
    coalescer.add('a', 'x', 5);
    coalescer.add('a', 'y', 2);
    coalescer.add('a', 'x', 3);
    expect(flushed).toHaveLength(1);
    await time.pass(1_000);
    expect(flushed[1]).toEqual(['a', { x: 5, y: 2 }]);
  });

  it('rests after each flush, and forgets a key that is quiet', async () => {
    for (let n = 0; n < 100; n++) {
      coalescer.add('a', 'x', n);
      await time.pass(100);
    }
    expect(flushed.length).toBeLessThanOrEqual(11);
    expect(flushed.length).toBeGreaterThanOrEqual(10);
    await time.pass(2_000);
    expect([coalescer.size, time.timers.size, flushed.at(-1)]).toEqual([0, 0, ['a', { x: 99 }]]);
  });

  it('makes no key wait for another', () => {
    coalescer.add('a', 'x', 1);
    coalescer.add('b', 'x', 2);
    expect(flushed).toEqual([
      ['a', { x: 1 }],
      ['b', { x: 2 }],
    ]);
  });

  it('leaves no timer behind', () => {
    coalescer.add('a', 'x', 1);
    coalescer.add('a', 'x', 2);
    coalescer.close();
    expect([time.timers.size, flushed.length]).toEqual([0, 1]);
  });
});
