import { expect, it } from 'vitest';
import { BoundedWork } from '#app/application/bounded-work.ts';

const aTask = () => {
  let end = () => {};
  let fail = (_error: Error) => {};
  const done = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { done, end, fail };
};

it('runs so many at once, the others in order, and hands its places on also after failures', async () => {
  const work = new BoundedWork(2, 3, () => new Error('full'));
  const tasks = Array.from({ length: 6 }, aTask);
  const started: number[] = [];
  const running = tasks.map(({ done }, i) =>
    work.run(() => {
      started.push(i);
      return done;
    }),
  );
  const outcomes = Promise.allSettled(running);
  await expect(running[5]).rejects.toThrow('full');
  expect(started).toEqual([0, 1]);
  tasks[1]?.fail(new Error('failed'));
  await expect(running[1]).rejects.toThrow('failed');
  expect(started).toEqual([0, 1, 2]);
  for (const { end } of tasks) end();
  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
  ]);
  expect(started).toEqual([0, 1, 2, 3, 4]);
  expect(await work.run(async () => 'free again')).toBe('free again');
});
