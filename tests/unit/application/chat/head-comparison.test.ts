import { beforeEach, expect, it } from 'vitest';
import { HeadComparison } from '#app/application/chat/head-comparison.ts';
import { ManualTimers, settle } from '../../../support/manual-timers.ts';

let timers: ManualTimers;
let epoch: string;
let away: boolean;
let lost: boolean;
let told: string[];
let answer: Promise<void>;
let comparison: HeadComparison;

beforeEach(() => {
  [timers, epoch, away, told, answer] = [new ManualTimers(), 'first', false, [], Promise.resolve()];
  lost = false;
  const feed = {
    epoch: async () => {
      await answer;
      if (away) throw new Error('the database is away');
      return epoch;
    },
  };
  const gate = (name: string) => ({
    compareHeads: async (disturbed: boolean) => void told.push(disturbed ? `${name}, disturbed` : name),
    beginAnew: async () => {
      if (lost) throw new Error('the database is away');
      told.push(`${name} anew`);
    },
  });
  comparison = new HeadComparison(feed, [gate('conversations'), gate('users')], timers, {
    onFault: () => told.push('fault'),
    onOtherHistory: () => told.push('other history'),
  });
});

/** To its end, with the rest after it. */
const begin = async () => {
  comparison.begin('routine');
  await settle();
  await timers.pass(200);
};

it('looks at each gate, each time that it is asked', async () => {
  await begin();
  await begin();
  expect(told).toEqual(['conversations', 'users', 'conversations', 'users']);
});

it('goes on until the database answers, and no longer', async () => {
  away = true;
  await begin();
  await timers.pass(1_000);
  await begin(); // one waits already
  expect([told, timers.size]).toEqual([['fault', 'fault'], 1]);
  away = false;
  await timers.pass(1_000);
  await timers.pass(200);
  expect([told.slice(2), timers.size]).toEqual([['conversations, disturbed', 'users, disturbed'], 0]);
  await begin();
  expect(told).toHaveLength(6);
});

it('begins once more for whoever asks while one is under way, whatever their number', async () => {
  let go = () => {};
  answer = new Promise((resolve) => (go = resolve));
  for (let n = 0; n < 5; n++) comparison.begin('routine');
  go();
  await settle();
  expect(told).toEqual(['conversations', 'users']);
  await timers.pass(199);
  expect(told).toHaveLength(2);
  await timers.pass(1);
  await timers.pass(200);
  expect([told, timers.size]).toEqual([['conversations', 'users', 'conversations', 'users'], 0]);
});

it('takes one disturbance among those who asked for all of them', async () => {
  let go = () => {};
  answer = new Promise((resolve) => (go = resolve));
  for (const occasion of ['routine', 'routine', 'disturbed', 'routine'] as const) comparison.begin(occasion);
  go();
  await settle();
  await timers.pass(200);
  expect(told).toEqual(['conversations', 'users', 'conversations, disturbed', 'users, disturbed']);
});

it('leaves the database alone once it is closed', async () => {
  away = true;
  await begin();
  comparison.begin('routine');
  comparison.close();
  comparison.begin('routine');
  await settle();
  expect([told, timers.size]).toEqual([['fault'], 0]);
});

it('tells once of another history, and has the gates begin anew before it looks at them', async () => {
  await begin();
  epoch = 'second';
  await begin();
  await begin();
  expect(told.slice(2, 7)).toEqual(['other history', 'conversations anew', 'users anew', 'conversations', 'users']);
  expect(told.filter((what) => what === 'other history' || what.endsWith('anew'))).toHaveLength(3);
});

it('has the gates begin anew once the database answers, where it went away in between', async () => {
  await begin();
  [epoch, lost] = ['second', true];
  await begin();
  expect(told.at(-1)).toBe('fault');
  lost = false;
  await timers.pass(1_000);
  await timers.pass(200);
  expect(told.filter((what) => what.endsWith('anew'))).toEqual(['conversations anew', 'users anew']);
});
