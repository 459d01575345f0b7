import { beforeEach, describe, expect, it, vi } from 'vitest';

/** As much of a browser's storage as is used; each test has its own, and its own copy of the modules. */
class Shelf {
  readonly #kept = new Map<string, string>();
  getItem = (key: string) => this.#kept.get(key) ?? null;
  setItem(key: string, value: string) {
    this.#kept.set(key, value);
    Object.defineProperty(this, key, { value, enumerable: true, configurable: true });
  }
  removeItem(key: string) {
    this.#kept.delete(key);
    Reflect.deleteProperty(this, key);
  }
}
let shelf: Shelf;
const drafts = async (userId = 'ann') => {
  const { drafts: kept } = await import('../../../clients/web/src/chat/drafts.ts');
  kept.belongTo(userId);
  return kept;
};
const preferences = async () => (await import('../../../clients/web/src/app/preferences.ts')).preferences;
const draftKeys = () => Object.keys(shelf).filter((key) => key.startsWith('tertulia.draft.'));

beforeEach(() => {
  vi.resetModules();
  shelf = new Shelf();
  vi.stubGlobal('localStorage', shelf);
  vi.stubGlobal('addEventListener', () => {});
});

describe('drafts', () => {
  it('are there again after a reload, each in its conversation', async () => {
    const before = await drafts();
    before.set('a', 'one');
    before.set('b', 'two');
    vi.resetModules();
    const after = await drafts();
    expect([after.get('a'), after.get('b'), after.get('c')]).toEqual(['one', 'two', '']);
  });

  it('are gone once they are empty, and all of them when the user signs out', async () => {
    const kept = await drafts();
    kept.set('a', 'one');
    kept.set('a', '');
    expect(draftKeys()).toEqual([]);
    kept.set('b', 'two');
    kept.clear('ann');
    expect([draftKeys(), kept.get('b')]).toEqual([[], '']);
  });

  it('belong to one user, who finds them again after somebody else was there', async () => {
    const kept = await drafts('ann');
    kept.set('shared', 'of Ann');
    kept.belongTo('ben');
    expect(kept.get('shared')).toBe('');
    kept.set('shared', 'of Ben');
    kept.clear('ben');
    kept.belongTo('ann');
    expect(kept.get('shared')).toBe('of Ann');
  });

  it('are a hundred at most, and no longer than they need be', async () => {
    const kept = await drafts();
    for (let n = 0; n < 130; n++) kept.set(`c${n}`, 'x'.repeat(30_000));
    expect(draftKeys()).toHaveLength(100);
    expect(draftKeys()).toContain('tertulia.draft.ann.c129');
    expect(Math.max(...draftKeys().map((key) => shelf.getItem(key)!.length))).toBeLessThan(21_000); // they are there
  });

  it('tell who listens', async () => {
    const kept = await drafts();
    const heard = vi.fn();
    const leave = kept.subscribe(heard);
    kept.set('a', 'one');
    kept.set('a', 'one');
    leave();
    kept.set('a', 'two');
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it('last for the page where nothing can be stored', async () => {
    shelf.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
    const kept = await drafts();
    kept.set('a', 'one');
    expect(kept.get('a')).toBe('one');
  });
});

describe('preferences', () => {
  it('are there again after a reload', async () => {
    (await preferences()).set({ theme: 'dark', language: 'zh', sounds: false, silent: ['a'] });
    vi.resetModules();
    expect((await preferences()).get()).toEqual({ theme: 'dark', language: 'zh', sounds: false, silent: ['a'] });
  });

  it.each(['', '{', '[]', 'null', '{"theme": 7, "language": "xx", "silent": [1, {}], "sounds": "no"}'])(
    'are the usual ones where %j is stored',
    async (text) => {
      shelf.setItem('tertulia.preferences', text);
      expect((await preferences()).get()).toEqual({ theme: 'system', language: undefined, sounds: true, silent: [] });
    },
  );
});
