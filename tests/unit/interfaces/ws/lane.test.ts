import { beforeEach, describe, expect, it } from 'vitest';
import { Lane } from '#app/interfaces/ws/lane.ts';
import { settle } from '../../../support/manual-timers.ts';

describe('Lane', () => {
  let lane: Lane;
  let log: string[];
  let ends: Map<string, (failure?: Error) => void>;

  beforeEach(() => {
    [lane, log, ends] = [new Lane(), [], new Map()];
  });

  /** Work that says when it begins, and ends when the test says so. */
  const work = (name: string) => () => {
    log.push(name);
    return new Promise<string>((resolve, reject) =>
      ends.set(name, (failure) => (failure ? reject(failure) : resolve(name))),
    );
  };
  const append = (name: string) => lane.append(work(name));
  const change = (name: string) => lane.change(work(name));
  const end = async (name: string, failure?: Error) => {
    ends.get(name)!(failure); // it has begun
    await settle();
  };

  it('begins appends in the tick of their arrival, without waiting for each other', () => {
    void append('a');
    void append('b');
    expect(log).toEqual(['a', 'b']);
  });

  it('begins a change after the appends before it, and later ones after the change', async () => {
    void append('a');
    void append('b');
    void change('edit');
    void append('c');
    await end('a');
    expect(log).toEqual(['a', 'b']);
    await end('b');
    expect(log).toEqual(['a', 'b', 'edit']);
    await end('edit');
    expect(log).toEqual(['a', 'b', 'edit', 'c']);
  });

  it('does changes one after another', async () => {
    void change('one');
    void change('two');
    void append('a');
    void append('b');
    void change('three');
    await settle();
    for (const name of ['one', 'two', 'a', 'b', 'three']) await end(name);
    expect(log).toEqual(['one', 'two', 'a', 'b', 'three']);
  });

  it('goes on after what failed, and hands the failure to whoever asked', async () => {
    const [a, edit, b] = [append('a'), change('edit'), append('b')];
    const outcomes = Promise.allSettled([a, edit, b]);
    await end('a', new Error('a failed'));
    await end('edit', new Error('edit failed'));
    await end('b');
    expect(await outcomes).toMatchObject([
      { reason: { message: 'a failed' } },
      { reason: { message: 'edit failed' } },
      { value: 'b' },
    ]);
  });

  it('is idle when nothing is under way and nothing is held back', async () => {
    expect(lane.idle).toBe(true);
    void append('a');
    expect(lane.idle).toBe(false);
    void change('edit');
    await end('a');
    expect(lane.idle).toBe(false);
    await end('edit');
    expect(lane.idle).toBe(true);
    lane.sends.break(lane.sends.enter(), '' as never);
    expect(lane.idle).toBe(false);
  });
});
