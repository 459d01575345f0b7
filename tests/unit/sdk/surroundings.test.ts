import { afterEach, describe, expect, it, vi } from 'vitest';

interface FakePage extends EventTarget {
  document: EventTarget & { visibilityState: string };
}

/** The module reads once where it is. */
const surroundingsOf = async (page?: FakePage) => {
  vi.resetModules();
  if (page)
    for (const name of ['document', 'addEventListener', 'removeEventListener'] as const) {
      const value = page[name];
      vi.stubGlobal(name, typeof value === 'function' ? value.bind(page) : value);
    }
  return (await import('../../../clients/sdk/src/link/surroundings.ts')).realSurroundings;
};
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the real surroundings', () => {
  it('tell of no sleep where there is no page', async () => {
    expect(await surroundingsOf()).not.toHaveProperty('onWake');
  });

  it('tell when a page is shown, comes back or is online again, until one leaves', async () => {
    const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
    const page = Object.assign(new EventTarget(), { document });
    const surroundings = await surroundingsOf(page);
    let woken = 0;
    const leave = surroundings.onWake!(() => woken++);
    document.dispatchEvent(new Event('visibilitychange'));
    page.dispatchEvent(new Event('pageshow'));
    page.dispatchEvent(new Event('online'));
    expect(woken).toBe(3);
    document.visibilityState = 'hidden';
    document.dispatchEvent(new Event('visibilitychange'));
    expect(woken).toBe(3);
    leave();
    document.visibilityState = 'visible';
    for (const [target, type] of [
      [document, 'visibilitychange'],
      [page, 'pageshow'],
      [page, 'online'],
    ] as const)
      target.dispatchEvent(new Event(type));
    expect(woken).toBe(3);
  });

  it('run no timer at once because it is far away', async () => {
    const { after } = await surroundingsOf();
    let ran = false;
    const callOff = after(Number.MAX_SAFE_INTEGER, () => (ran = true));
    await new Promise((resolve) => setTimeout(resolve, 10));
    callOff();
    expect(ran).toBe(false);
  });

  it('report without ending anything', async () => {
    const { report } = await surroundingsOf();
    const warned = new Promise((resolve) => process.once('warning', resolve));
    report(new Error('a bug'));
    expect(await warned).toMatchObject({ message: 'a bug' });
  });
});
