import { expect, it, onTestFinished } from 'vitest';
import { untilStopped } from '#app/composition/signals.ts';
import type { Server } from '#app/composition/server.ts';

const WATCHED = ['uncaughtException', 'unhandledRejection', 'SIGUSR2', 'SIGTERM', 'SIGINT'] as const;

it.each(['SIGTERM', 'SIGINT'] as const)('an echo of %s meets a listener, however soon it comes', async (signal) => {
  const before = new Map(WATCHED.map((name) => [name, process.listeners(name as NodeJS.Signals)]));
  onTestFinished(() => {
    for (const [name, kept] of before)
      for (const listener of process.listeners(name as NodeJS.Signals))
        if (!kept.includes(listener)) process.off(name, listener);
  });
  let stops = 0;
  const journal = { info: () => {}, fault: () => {} } as unknown as Server['journal']; // it asks for no more
  const stopped = untilStopped({ journal, stop: async () => void stops++ });
  for (const _time of ['once', 'again']) {
    expect(process.listenerCount(signal)).toBeGreaterThan(before.get(signal)!.length); // it is watched
    process.emit(signal, signal);
  }
  await stopped;
  expect(stops).toBe(1);
});
