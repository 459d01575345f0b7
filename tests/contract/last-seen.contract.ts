import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LastSeen } from '#app/application/ports/last-seen.ts';
import type { Users } from '#app/application/ports/users.ts';
import { UserId } from '#app/domain/shared/ids.ts';
import { aNewUser } from '../support/identity.ts';

export interface OpenedLastSeen {
  readonly lastSeen: LastSeen;
  readonly users: Users;
  close(): Promise<void>;
}

export const lastSeenContract = (adapter: string, open: () => Promise<OpenedLastSeen>) =>
  describe(`LastSeen contract: ${adapter}`, () => {
    let opened: OpenedLastSeen;
    let lastSeen: LastSeen;
    beforeAll(async () => {
      opened = await open();
      ({ lastSeen } = opened);
    });
    afterAll(() => opened.close());
    const aUser = async () => (await opened.users.add(aNewUser())).id;
    const ago = (seconds: number) => seconds * 1_000;
    const momentOf = async (userId: UserId) => (await lastSeen.of([userId])).get(userId)!.getTime(); // they were seen

    it('keeps when each was seen, and says nothing of who never was', async () => {
      const [ann, ben, cleo] = [await aUser(), await aUser(), await aUser()];
      await lastSeen.note(
        new Map([
          [ann, ago(3)],
          [ben, ago(1)],
        ]),
      );
      const seen = await lastSeen.of([cleo, ben, ann]);
      expect(new Set(seen.keys())).toEqual(new Set([ann, ben]));
      expect((await momentOf(ben)) - (await momentOf(ann))).toBe(ago(2));
      expect(await lastSeen.of([])).toEqual(new Map());
      await lastSeen.note(new Map());
    });

    it('never goes back', async () => {
      const ann = await aUser();
      await lastSeen.note(new Map([[ann, ago(500)]]));
      const first = await momentOf(ann);
      await lastSeen.note(new Map([[ann, ago(1_000)]]));
      expect(await momentOf(ann)).toBe(first);
      await lastSeen.note(new Map([[ann, ago(100)]]));
      expect(await momentOf(ann)).toBeGreaterThanOrEqual(first + ago(400));
    });

    it('leaves out users that there are not', async () => {
      const [ann, nobody] = [await aUser(), UserId(v7())];
      await lastSeen.note(
        new Map([
          [nobody, ago(1)],
          [ann, ago(1)],
        ]),
      );
      expect([...(await lastSeen.of([nobody, ann])).keys()]).toEqual([ann]);
    });

    it('shows nothing of who hides it, and shows it again', async () => {
      const ann = await aUser();
      await lastSeen.note(new Map([[ann, ago(1)]]));
      const seen = await lastSeen.of([ann]);
      await opened.users.change(ann, (user) => ({ ...user, lastSeenVisible: false }));
      expect(await lastSeen.of([ann])).toEqual(new Map());
      await opened.users.change(ann, (user) => ({ ...user, lastSeenVisible: true }));
      expect(await lastSeen.of([ann])).toEqual(seen);
    });

    it('takes a thousand at once, from several at the same time', async () => {
      const users = await Promise.all(Array.from({ length: 40 }, aUser));
      const some = (seconds: number, ids: readonly UserId[]) =>
        new Map(ids.map((id): [UserId, number] => [id, ago(seconds)]));
      const strangers = Array.from({ length: 960 }, () => UserId(v7()));
      await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          lastSeen.note(some(n, n % 2 === 0 ? [...users, ...strangers] : [...strangers, ...users.toReversed()])),
        ),
      );
      expect(new Set((await lastSeen.of([...users, ...strangers])).keys())).toEqual(new Set(users));
    });
  });
