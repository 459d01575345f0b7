import { expect, it, onTestFinished } from 'vitest';
import { Arrivals } from '../../support/arrivals.ts';

const WINDOW_MS = 500;

/** One each so many milliseconds; a process that runs looks about as often. */
const slots = (count: number, everyMs: number, stall?: { readonly before: number; readonly ms: number }) => {
  let now = 0;
  const arrivals = new Arrivals(() => now);
  onTestFinished(() => arrivals.stop());
  for (let n = 0; n < count; n++) {
    now = Math.max(now, n * everyMs);
    if (n === stall?.before) now += stall.ms;
    if (now <= n * everyMs || n === stall?.before) arrivals.look();
    arrivals.mark();
  }
  return arrivals;
};

it('the most within a window are those of its slots', () => {
  const arrivals = slots(1_000, 4);
  const peak = arrivals.takePeak(WINDOW_MS);
  expect(peak).toBeGreaterThan(120);
  expect(peak).toBeLessThanOrEqual(126);
  expect(arrivals.takePeak(WINDOW_MS)).toBe(0);
});

it('who comes all at once is counted all', () => {
  expect(slots(300, 0).takePeak(WINDOW_MS)).toBe(300);
});

it.each([100, 400, 900])('who came in their slots while the process stood still for %s ms is no wave', (ms) => {
  expect(slots(1_000, 4, { before: 500, ms }).takePeak(WINDOW_MS)).toBeLessThanOrEqual(126);
});

it('who comes all at once after a short stall is counted', () => {
  expect(slots(300, 0, { before: 0, ms: 100 }).takePeak(WINDOW_MS)).toBe(300);
});
