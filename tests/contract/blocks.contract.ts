import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserId } from '#app/domain/shared/ids.ts';
import { aDraft, aGroup, aPrivate, type ChatWorld } from '../support/chat-world.ts';
import { refuses } from '../support/refusals.ts';
import { headOf, urevOf } from '../support/seen-by.ts';

/** Every sentence of the port, for any adapter. */
export const blocksContract = (adapter: string, open: () => Promise<ChatWorld>) =>
  describe(`Blocks contract: ${adapter}`, () => {
    let world: ChatWorld;
    let ann: UserId;
    let ben: UserId;

    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());
    beforeEach(async () => {
      [ann, ben] = [await world.aUser(), await world.aUser()];
    });

    const sends = async (conversationId: Awaited<ReturnType<typeof aPrivate>>, senderId: UserId) => {
      const result = await world.log.append(aDraft({ conversationId, senderId }));
      return result.ok ? 'sent' : result.refusal.rule;
    };

    it('takes the next urev of whoever sets it, and is nobody else’s business', async () => {
      expect(await world.blocks.set(ann, ben, true)).toEqual({
        ...{ type: 'block.changed', userId: ann, urev: 1, blockedId: ben, blocked: true },
      });
      expect(await world.blocks.set(ann, ben, false)).toMatchObject({ urev: 2, blocked: false });
      expect([await urevOf(world, ann), await urevOf(world, ben)]).toEqual([2, 0]);
    });

    it('says nothing when it stood already, or never did', async () => {
      expect(await world.blocks.set(ann, ben, false)).toBeUndefined();
      await world.blocks.set(ann, ben, true);
      expect(await world.blocks.set(ann, ben, true)).toBeUndefined();
      await world.blocks.set(ann, ben, false);
      expect(await world.blocks.set(ann, ben, false)).toBeUndefined();
      expect(await urevOf(world, ann)).toBe(2);
    });

    it('changes once for ten parallel calls', async () => {
      const all = await Promise.all(Array.from({ length: 10 }, () => world.blocks.set(ann, ben, true)));
      expect(all.filter((one) => one !== undefined)).toHaveLength(1);
      expect(await urevOf(world, ann)).toBe(1);
    });

    it('refuses private sends both ways from the commit on, until none of the two blocks', async () => {
      const pair = await aPrivate(world, ann, ben);
      const rev = await headOf(world, pair);
      await world.blocks.set(ann, ben, true);
      expect(await headOf(world, pair)).toBe(rev);
      expect([await sends(pair, ann), await sends(pair, ben)]).toEqual(['blocked', 'blocked']);
      await world.blocks.set(ben, ann, true);
      await world.blocks.set(ann, ben, false);
      expect([await sends(pair, ann), await sends(pair, ben)]).toEqual(['blocked', 'blocked']);
      await world.blocks.set(ben, ann, false);
      expect([await sends(pair, ann), await sends(pair, ben)]).toEqual(['sent', 'sent']);
    });

    it('leaves groups and other pairs alone', async () => {
      const cleo = await world.aUser();
      const [group, other] = [await aGroup(world, ann, [ben, cleo]), await aPrivate(world, ann, cleo)];
      await world.blocks.set(ann, ben, true);
      expect([await sends(group, ann), await sends(group, ben), await sends(other, ann)]).toEqual([
        'sent',
        'sent',
        'sent',
      ]);
    });

    it('ends right when both set and lift at once', async () => {
      const pair = await aPrivate(world, ann, ben);
      for (let round = 0; round < 6; round++) {
        await Promise.all([world.blocks.set(ann, ben, true), world.blocks.set(ben, ann, true)]);
        expect(await sends(pair, ann)).toBe('blocked');
        await Promise.all([world.blocks.set(ann, ben, false), world.blocks.set(ben, ann, false)]);
        expect(await sends(pair, ann)).toBe('sent');
      }
      expect([await urevOf(world, ann), await urevOf(world, ben)]).toEqual([13, 13]);
    });

    it('waits for a busy conversation without holding up what else the two do', async () => {
      const [pair, group] = [await aPrivate(world, ann, ben), await aGroup(world, ann, [ben])];
      const release = await world.hold(pair);
      const blocked = world.blocks.set(ann, ben, true);
      for (const archived of [true, false, true, false, true])
        for (const user of [ann, ben]) await world.ownState.setMembership(user, group, { archived });
      await release();
      expect(await blocked).toMatchObject({ blocked: true });
      expect(await sends(pair, ben)).toBe('blocked');
    });

    it('refuses unknown users and oneself, and leaves nothing behind', async () => {
      await refuses(world.blocks.set(ann, UserId(v7()), true), 'not_found', 'user_not_found');
      await refuses(world.blocks.set(ann, ann, true), 'invalid');
      expect(await urevOf(world, ann)).toBe(0);
      expect(await world.blocks.list(ann, { limit: 10 })).toEqual([]);
    });

    it('blocks disabled users too', async () => {
      await world.disable(ben);
      expect(await world.blocks.set(ann, ben, true)).toMatchObject({ blocked: true });
    });

    it('lists whom one blocks now, by id, in pages', async () => {
      const others = await Promise.all(Array.from({ length: 5 }, () => world.aUser()));
      for (const other of others) await world.blocks.set(ann, other, true);
      await world.blocks.set(ann, others[2]!, false);
      await world.blocks.set(ben, ann, true);
      const expected = others.filter((_, n) => n !== 2).toSorted();
      const first = await world.blocks.list(ann, { limit: 3 });
      const rest = await world.blocks.list(ann, { limit: 3, after: first.at(-1)!.userId });
      expect([...first, ...rest].map(({ userId }) => userId)).toEqual(expected);
      expect([first.length, rest.length]).toEqual([3, 1]);
      for (const { since } of first) expect(Math.abs(since.getTime() - Date.now())).toBeLessThan(60_000);
    });
  });
