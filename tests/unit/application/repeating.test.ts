import { expect, it } from 'vitest';
import { Repeating } from '#app/application/repeating.ts';
import { ManualTimers } from '../../support/manual-timers.ts';

it('begins again only after it was over, also when it failed', async () => {
  const timers = new ManualTimers();
  const [faults, ends]: [unknown[], (() => void)[]] = [[], []];
  const work = () => new Promise((_resolve, reject) => ends.push(() => reject(new Error('no'))));
  const repeating = new Repeating(timers, 100, work, (error) => faults.push(error));
  await timers.pass(100);
  await timers.pass(1_000);
  expect([ends.length, timers.size]).toEqual([1, 0]);
  ends[0]?.();
  await timers.pass(0);
  await timers.pass(100);
  expect([ends.length, faults]).toEqual([2, [new Error('no')]]);

  let closed = false;
  const closing = repeating.close().then(() => (closed = true));
  await timers.pass(100);
  expect(closed).toBe(false);
  ends[1]?.();
  await closing;
  expect(timers.size).toBe(0);
});
