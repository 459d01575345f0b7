import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { CannotStart } from '#app/application/cannot-start.ts';
import { InProcessEventBus } from '#app/application/in-process-event-bus.ts';
import { listenFromModules } from '#app/composition/listener-modules.ts';

const folder = mkdtempSync(join(tmpdir(), 'listeners-'));
afterAll(() => rmSync(folder, { recursive: true }));
const module = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return `./${name}`;
};

const heard: unknown[] = [];
Object.assign(globalThis, { heardByListenerModules: heard });
const counting = module(
  'a.mjs',
  `export const listeners = {
  'server.started': (event) => heardByListenerModules.push(['a', event.pid]),
  '*': (event) => heardByListenerModules.push(['a*', event.type]),
};`,
);
const another = module(
  'b.mjs',
  `export const listeners = { 'server.started': () => heardByListenerModules.push(['b']) };`,
);

let bus: InProcessEventBus;
beforeEach(() => {
  heard.length = 0;
  bus = new InProcessEventBus(
    { info: () => {}, warn: () => {}, fault: () => 'id' },
    { count: () => {}, gauge: () => {}, observe: () => {} },
  );
});
const start = () => bus.publish({ type: 'server.started', pid: 7, address: 'x', node: 'n' });

describe('listeners from modules', () => {
  it('hear what they asked for, in the order of the list', async () => {
    await listenFromModules(bus, [another, counting], folder);
    start();
    expect(heard).toEqual([['b'], ['a', 7], ['a*', 'server.started']]);
  });

  it.each([
    ['a module that is not there', ['./none.mjs'], /none\.mjs can't be loaded/],
    ['a module that fails', [module('c.mjs', 'throw new Error("no luck")')], /c\.mjs can't be loaded \(no luck\)/],
    ['a module without listeners', [module('d.mjs', 'export const x = 1')], /d\.mjs does not export `listeners`/],
    [
      'an unknown event',
      [module('e.mjs', "export const listeners = { 'message.snet': () => {} }")],
      /listens to message\.snet, which does not exist/,
    ],
    [
      'an event of everybody’s ancestors',
      [module('f.mjs', 'export const listeners = { toString: () => {} }')],
      /listens to toString/,
    ],
    [
      'what is no function',
      [module('g.mjs', "export const listeners = { 'server.started': 1 }")],
      /no function for server\.started/,
    ],
    ['a module twice, however it is written', [counting, './x/../a.mjs'], /listed twice/],
  ])('refuse %s, and then none listens', async (_what, paths, problem) => {
    const refused = listenFromModules(bus, [another, ...paths], folder);
    await expect(refused).rejects.toBeInstanceOf(CannotStart);
    await expect(refused).rejects.toMatchObject({ problems: [expect.stringMatching(problem)] });
    start();
    expect(heard).toEqual([]);
  });

  it('names every problem', async () => {
    await expect(listenFromModules(bus, ['./none.mjs', './nobody.mjs'], folder)).rejects.toMatchObject({
      problems: { length: 2 },
    });
  });
});
