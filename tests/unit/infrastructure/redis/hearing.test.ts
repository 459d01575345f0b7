import { beforeEach, expect, it } from 'vitest';
import { Hearing } from '#app/infrastructure/redis/hearing.ts';

let hearing: Hearing;
beforeEach(() => {
  hearing = new Hearing(['x', 'y']);
});

it('finds nothing missing while numbers follow one another, on each channel of each node', () => {
  for (const node of ['a', 'b'])
    for (const channel of ['x', 'y']) {
      expect(hearing.note(node, channel, 7, 0)).toBe(false); // what was said before is not known
      for (const number of [8, 9, 10]) expect(hearing.note(node, channel, number, 0)).toBe(true);
    }
});

it('finds what was skipped, once', () => {
  hearing.note('a', 'x', 1, 0);
  expect([3, 4, 6, 7].map((number) => hearing.note('a', 'x', number, 0))).toEqual([false, true, false, true]);
});

it('takes what comes late or twice for nothing missing, and does not go back', () => {
  hearing.note('a', 'x', 5, 0);
  expect([5, 3, 6].map((number) => hearing.note('a', 'x', number, 0))).toEqual([true, true, true]);
  expect(hearing.last('a', 'x')).toBe(6);
});

it('has heard a node lately when it heard it on every channel', () => {
  hearing.note('a', 'x', 1, 100);
  expect(hearing.within('a', 50, 100)).toBe(false);
  hearing.note('a', 'y', 1, 120);
  expect([hearing.within('a', 50, 150), hearing.within('a', 50, 151)]).toEqual([true, false]);
  expect(hearing.within('b', 50, 0)).toBe(false);
});

it('tells once of each that fell silent', () => {
  for (const node of ['a', 'b']) for (const channel of ['x', 'y']) hearing.note(node, channel, 1, 0);
  expect([0, 50].map((now) => hearing.fellSilent(50, now))).toEqual([false, false]);
  for (const channel of ['x', 'y']) hearing.note('b', channel, 2, 50);
  expect([60, 70, 100, 101, 102].map((now) => hearing.fellSilent(50, now))).toEqual([true, false, false, true, false]);
});

it('forgets who has been silent for long, and a thousand nodes are enough', () => {
  hearing.note('a', 'x', 1, 0);
  hearing.note('b', 'x', 1, 30_000);
  hearing.forget(60_001);
  expect([hearing.last('a', 'x'), hearing.last('b', 'x')]).toEqual([0, 1]);
  for (let n = 0; n < 1_000; n++) hearing.note(`n${n}`, 'x', 1, 60_000);
  expect(hearing.last('b', 'x')).toBe(0);
});
