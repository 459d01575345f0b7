import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionRegistry, RegisteredConnection } from '#app/application/ports/connection-registry.ts';
import { ConnectionId, SessionId, UserId } from '#app/domain/shared/ids.ts';
import { random } from '../support/identity.ts';

export interface OpenedRegistry {
  readonly registry: ConnectionRegistry;
  /** Ids of this node's connections begin with it. */
  readonly incarnation: string;
  close(): Promise<void>;
}

let count = 0;
export const aConnection = (
  incarnation: string,
  { userId = UserId(random.uuid()), openedAt = ++count }: { userId?: UserId; openedAt?: number } = {},
): RegisteredConnection => ({
  ...{ id: ConnectionId(`${incarnation}-${++count}`), userId, sessionId: SessionId(random.uuid()), openedAt },
  device: { name: 'Ada’s phone', platform: 'ios', version: '1.2' },
});

export const allOf = async (registry: ConnectionRegistry): Promise<readonly RegisteredConnection[]> => {
  const found = [];
  for await (const connection of registry.all()) found.push(connection);
  return found.toSorted((one, other) => (one.id < other.id ? -1 : 1));
};

export const connectionRegistryContract = (adapter: string, open: () => Promise<OpenedRegistry>) =>
  describe(`ConnectionRegistry contract: ${adapter}`, () => {
    let opened: OpenedRegistry;
    let registry: ConnectionRegistry;
    beforeEach(async () => {
      opened = await open();
      ({ registry } = opened);
    });
    afterEach(() => opened.close());
    const make = (more: Parameters<typeof aConnection>[1] = {}) => aConnection(opened.incarnation, more);

    it('keeps what was inserted, as it was', async () => {
      const [one, other] = [make(), { ...make(), sessionId: undefined, device: undefined }];
      await registry.insert(one);
      await registry.insert(other);
      expect(await allOf(registry)).toEqual([one, other].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
      expect([await registry.exist(one.id), await registry.exist(make().id)]).toEqual([true, false]);
    });

    it('replaces what is inserted again', async () => {
      const one = make();
      await registry.insert(one);
      await registry.insert({ ...one, openedAt: 7 });
      expect(await allOf(registry)).toEqual([{ ...one, openedAt: 7 }]);
      expect(await registry.ofUser(one.userId)).toHaveLength(1);
    });

    it('updates what is there, and nothing that is not', async () => {
      const one = make();
      expect(await registry.update(one)).toBe(false);
      expect(await allOf(registry)).toEqual([]);
      await registry.insert(one);
      const changed = { ...one, sessionId: SessionId(random.uuid()) };
      expect(await registry.update(changed)).toBe(true);
      expect(await registry.ofUser(one.userId)).toEqual([changed]);
    });

    it('forgets what was removed, once', async () => {
      const [one, other] = [make(), make()];
      await registry.insert(one);
      await registry.insert(other);
      expect([await registry.remove(one.id), await registry.remove(one.id)]).toEqual([true, false]);
      expect(await allOf(registry)).toEqual([other]);
      expect([await registry.exist(one.id), await registry.ofUser(one.userId)]).toEqual([false, []]);
    });

    it('lists those of one user, the oldest first', async () => {
      const userId = UserId(random.uuid());
      const late = make({ userId, openedAt: 30 });
      const [early, twin] = [make({ userId, openedAt: 10 }), make({ userId, openedAt: 10 })].toSorted((a, b) =>
        a.id < b.id ? -1 : 1,
      ) as [RegisteredConnection, RegisteredConnection];
      for (const connection of [late, twin, early, make()]) await registry.insert(connection);
      expect(await registry.ofUser(userId)).toEqual([early, twin, late]);
    });

    it('counts what it was told to write, though that is still on its way', async () => {
      const one = make();
      const inserted = registry.insert(one);
      expect(await registry.ofUser(one.userId)).toEqual([one]);
      await inserted;
      const removed = registry.remove(one.id);
      expect(await registry.ofUser(one.userId)).toEqual([]);
      expect(await removed).toBe(true);
    });

    it('takes many at once', async () => {
      const many = Array.from({ length: 1_200 }, () => make());
      await Promise.all(many.map((connection) => registry.insert(connection)));
      expect(await allOf(registry)).toHaveLength(1_200);
      await Promise.all(many.map(({ id }) => registry.remove(id)));
      expect(await allOf(registry)).toEqual([]);
    });
  });
