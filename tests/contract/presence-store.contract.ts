import { v7 } from 'uuid';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PresenceStore } from '#app/application/ports/presence-store.ts';
import { UserId } from '#app/domain/shared/ids.ts';

export interface OpenedPresence {
  readonly store: PresenceStore;
  close(): Promise<void>;
}

export const presenceStoreContract = (adapter: string, open: () => Promise<OpenedPresence>) =>
  describe(`PresenceStore contract: ${adapter}`, () => {
    let opened: OpenedPresence;
    let store: PresenceStore;
    beforeEach(async () => {
      opened = await open();
      ({ store } = opened);
    });
    afterEach(() => opened.close());

    it('keeps what was said last of each, and misses who is nowhere', async () => {
      const [ann, ben, cleo] = [UserId(v7()), UserId(v7()), UserId(v7())];
      await store.set(ann, 'online');
      await store.set(ann, 'away');
      await store.set(ben, 'online');
      expect(await store.read([ann, ben, cleo])).toEqual(
        new Map([
          [ann, 'away'],
          [ben, 'online'],
        ]),
      );
      expect(await store.read([])).toEqual(new Map());
    });

    it('forgets who left, who may come back, and may leave twice', async () => {
      const ann = UserId(v7());
      await store.set(ann, 'online');
      await store.set(ann, undefined);
      await store.set(ann, undefined);
      expect(await store.read([ann])).toEqual(new Map());
      await store.set(ann, 'away');
      expect(await store.read([ann])).toEqual(new Map([[ann, 'away']]));
    });

    it('ends with the last of many words said at once', async () => {
      const ann = UserId(v7());
      await Promise.all(Array.from({ length: 50 }, (_, n) => store.set(ann, n % 3 === 0 ? undefined : 'away')));
      expect(await store.read([ann])).toEqual(new Map([[ann, 'away']]));
    });

    it('reads a thousand at once', async () => {
      const users = Array.from({ length: 1_000 }, () => UserId(v7()));
      await Promise.all(users.map((userId) => store.set(userId, 'online')));
      expect((await store.read(users)).size).toBe(1_000);
    });
  });
