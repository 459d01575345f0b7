import { beforeEach, expect, it } from 'vitest';
import { AntiEntropy } from '#app/application/chat/anti-entropy.ts';
import { ManualTimers } from '../../../support/manual-timers.ts';

let timers: ManualTimers;
let others: string[];
let heard: Set<string>;
let away: boolean;
let told: string[];
let held: Promise<void>;
let now = 0;
let warned: number[];
let antiEntropy: AntiEntropy;

beforeEach(async () => {
  warned = [];
  [timers, others, heard, away, told, held] = [new ManualTimers(), [], new Set<string>(), false, [], Promise.resolve()];
  const directory = {
    beat: async () => {
      await held;
      if (away) throw new Error('the database is away');
      return [...others];
    },
    leave: async () => void told.push('left'),
  };
  antiEntropy = new AntiEntropy(
    directory,
    { hears: (node) => heard.has(node) },
    { begin: (occasion) => void told.push(occasion) },
    timers,
    {
      clock: { monotonic: () => now },
      onFault: () => void told.push('fault'),
      onUnheard: (nodes) => void warned.push(nodes),
    },
  );
  await antiEntropy.start();
});

const seconds = async (count: number) => {
  for (let n = 0; n < count; n++) {
    now += 1_000;
    await timers.pass(1_000);
  }
};

it('compares every 30 seconds while nothing happens', async () => {
  await seconds(29);
  expect(told).toEqual([]);
  await seconds(31);
  expect(told).toEqual(['routine', 'routine']);
});

it('compares every second while another node lives that is not heard', async () => {
  others = ['a', 'b'];
  heard = new Set(['a']);
  await seconds(3);
  expect([told, antiEntropy.others, antiEntropy.unheard]).toEqual([Array(3).fill('disturbed'), 2, 1]);
  heard.add('b');
  await seconds(3);
  expect(told).toHaveLength(3);
});

it('says so when that lasts, every half minute', async () => {
  others = ['a', 'b'];
  await seconds(65);
  heard = new Set(['a', 'b']);
  await seconds(60);
  expect(warned).toEqual([2, 2]);
});

it('compares once when a node came, went, or came back as another', async () => {
  heard = new Set(['a', 'b']);
  for (const living of [['a'], ['b'], []]) {
    others = living;
    await seconds(2);
  }
  expect(told).toEqual(['disturbed', 'disturbed', 'disturbed']);
});

it('compares when it wakes from a sleep', async () => {
  now += 1_000;
  await seconds(3);
  expect(told).toEqual(['disturbed']);
});

it('goes on after the database was away, with what it knew, and compares once', async () => {
  others = ['a'];
  heard = new Set(['a']);
  await seconds(1);
  away = true;
  await seconds(2);
  away = false;
  await seconds(2);
  expect(told).toEqual(['disturbed', 'fault', 'fault', 'disturbed']);
});

it('leaves when a beat under way is over', async () => {
  let answer = () => {};
  held = new Promise((resolve) => (answer = resolve));
  await seconds(1);
  const closed = antiEntropy.close();
  expect(told).toEqual([]);
  answer();
  await closed;
  expect([told, timers.size]).toEqual([['left'], 0]);
});

it('leaves when it is closed, and beats no more', async () => {
  await antiEntropy.close();
  await seconds(60);
  expect([told, timers.size]).toEqual([['left'], 0]);
});
