import { describe, expect, it } from 'vitest';
import { Lifetime } from '#app/composition/lifetime.ts';

describe('a lifetime', () => {
  it('closes what it owns, last first, each after the one before has ended', async () => {
    const closed: string[] = [];
    {
      await using lifetime = new Lifetime();
      expect(lifetime.own('database', (name) => closed.push(name))).toBe('database');
      lifetime.own('server', async (name) => {
        await Promise.resolve();
        closed.push(name);
      });
    }
    expect(closed).toEqual(['server', 'database']);
  });

  it('spares nothing for a failure, thrown or rejected, and tells all of them', async () => {
    const closed: string[] = [];
    const lifetime = new Lifetime();
    lifetime.own('first', (name) => closed.push(name));
    lifetime.own('second', () => {
      throw new Error('thrown');
    });
    lifetime.own('third', () => Promise.reject(new Error('rejected')));
    await expect(lifetime[Symbol.asyncDispose]()).rejects.toMatchObject({
      errors: [new Error('rejected'), new Error('thrown')],
    });
    expect(closed).toEqual(['first']);
  });

  it('closes once', async () => {
    let closed = 0;
    const lifetime = new Lifetime();
    lifetime.own(undefined, () => closed++);
    await Promise.all([lifetime[Symbol.asyncDispose](), lifetime[Symbol.asyncDispose]()]);
    expect(closed).toBe(1);
  });
});
