import { describe, expect, it } from 'vitest';
import { faultKinds } from '../../support/chaos-faults.ts';
import { nameOf, PAIR, schedule } from '../../support/chaos-schedule.ts';

describe('a schedule of faults', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(schedule(7, 100)).toEqual(schedule(7, 100));
    expect(schedule(7, 100)).not.toEqual(schedule(8, 100));
  });

  it('has each kind before any comes again, and pairs', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const names = schedule(seed, faultKinds.length + 2).map(nameOf);
      expect(new Set(names)).toEqual(new Set([...faultKinds.map(({ name }) => name), PAIR]));
    }
  });

  it('breaks no part twice at once, and each for as long as its kind lasts', () => {
    for (const planned of Array.from({ length: 20 }, (_, seed) => schedule(seed, 200)).flat()) {
      const broken = planned.map(({ kind, node }) => (kind.part === 'node' ? `node ${node % 3}` : kind.part));
      expect(new Set(broken).size).toBe(planned.length);
      for (const { kind, ms } of planned) {
        expect(ms).toBeGreaterThanOrEqual(kind.ms[0]);
        expect(ms).toBeLessThanOrEqual(kind.ms[1]);
      }
    }
  });
});
