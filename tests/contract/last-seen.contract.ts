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
    const at = (seconds: number) => new Date(1_790_000_000_000 + seconds * 1_000);

    it('keeps when each was seen, and says nothing of who never was', async () => {
      const [ann, ben, cleo] = [await aUser(), await aUser(), await aUser()];
      await lastSeen.note(
        new Map([
          [ann, at(1)],
          [ben, at(2)],
        ]),
      ); // prettier-ignore
      expect(await lastSeen.of([cleo, ben, ann])).toEqual(
        new Map([
          [ann, at(1)],
          [ben, at(2)],
        ]),
      );
      expect(await lastSeen.of([])).toEqual(new Map());
      await lastSeen.note(new Map());
    });

    it('never goes back', async () => {
      const ann = await aUser();
      await lastSeen.note(new Map([[ann, at(5)]]));
      await lastSeen.note(new Map([[ann, at(3)]]));
      expect(await lastSeen.of([ann])).toEqual(new Map([[ann, at(5)]]));
      await lastSeen.note(new Map([[ann, at(6)]]));
      expect(await lastSeen.of([ann])).toEqual(new Map([[ann, at(6)]]));
    });

    it('leaves out users that there are not', async () => {
      const [ann, nobody] = [await aUser(), UserId(v7())];
      await lastSeen.note(
        new Map([
          [nobody, at(1)],
          [ann, at(1)],
        ]),
      );
      expect(await lastSeen.of([nobody, ann])).toEqual(new Map([[ann, at(1)]]));
    });

    it('shows nothing of who hides it, and shows it again', async () => {
      const ann = await aUser();
      await lastSeen.note(new Map([[ann, at(1)]]));
      await opened.users.change(ann, (user) => ({ ...user, lastSeenVisible: false }));
      expect(await lastSeen.of([ann])).toEqual(new Map());
      await opened.users.change(ann, (user) => ({ ...user, lastSeenVisible: true }));
      expect(await lastSeen.of([ann])).toEqual(new Map([[ann, at(1)]]));
    });

    it('takes a thousand at once, from several at the same time', async () => {
      const users = await Promise.all(Array.from({ length: 40 }, aUser));
      const some = (seconds: number, ids: readonly UserId[]) =>
        new Map(ids.map((id): [UserId, Date] => [id, at(seconds)]));
      const strangers = Array.from({ length: 960 }, () => UserId(v7()));
      await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          lastSeen.note(some(n, n % 2 === 0 ? [...users, ...strangers] : [...strangers, ...users.toReversed()])),
        ),
      );
      expect(await lastSeen.of([...users, ...strangers])).toEqual(some(9, users));
    });
  });
