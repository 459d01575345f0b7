import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { UserId } from '#app/domain/shared/ids.ts';
import { aConversationId, Acts, aGroup, aPrivate, type ChatWorld } from '../support/chat-world.ts';

export const acquaintancesContract = (adapter: string, open: () => Promise<ChatWorld>) =>
  describe(`Acquaintances contract: ${adapter}`, () => {
    let world: ChatWorld;
    let ann: UserId;
    let ben: UserId;
    let cleo: UserId;
    let acts: Acts;
    beforeAll(async () => {
      world = await open();
      acts = new Acts(world.conversations);
    });
    afterAll(() => world.close());
    beforeEach(async () => {
      [ann, ben, cleo] = [await world.aUser(), await world.aUser(), await world.aUser()];
    });
    /** From both sides. */
    const know = async (one: UserId, other: UserId) => {
      const [there, back] = await Promise.all([
        world.acquaintances.of(one, [other]),
        world.acquaintances.of(other, [one]),
      ]);
      expect(back.has(one)).toBe(there.has(other));
      return there.has(other);
    };

    it('are those with whom one shares a conversation, and not oneself', async () => {
      expect(await know(ann, ben)).toBe(false);
      await aPrivate(world, ann, ben);
      await aGroup(world, cleo, [ann]);
      expect(await world.acquaintances.of(ann, [ann, ben, cleo])).toEqual(new Set([ben, cleo]));
      expect(await world.acquaintances.of(ann, [])).toEqual(new Set());
      expect(await know(ben, cleo)).toBe(false);
    });

    it('end with the last conversation', async () => {
      const [first, second] = [await aGroup(world, ann, [ben]), await aGroup(world, cleo, [ann, ben])];
      await acts.remove(first, ann, ben);
      expect(await know(ann, ben)).toBe(true);
      await acts.leave(second, ben);
      expect(await know(ann, ben)).toBe(false);
      await acts.add(first, ann, [ben]);
      expect(await know(ann, ben)).toBe(true);
      await acts.deleteConversation(first, ann);
      expect(await know(ann, ben)).toBe(false);
    });

    it('are none while a block stands, whoever set it', async () => {
      await aGroup(world, ann, [ben]);
      await world.blocks.set(ben, ann, true);
      expect(await know(ann, ben)).toBe(false);
      await world.blocks.set(ann, ben, true);
      await world.blocks.set(ben, ann, false);
      expect(await know(ann, ben)).toBe(false);
      await world.blocks.set(ann, ben, false);
      expect(await know(ann, ben)).toBe(true);
    });

    it('are silenced in their private conversation while a block stands, and nowhere else', async () => {
      const [pair, group] = [await aPrivate(world, ann, ben), await aGroup(world, ann, [ben])];
      const silenced = () =>
        Promise.all([pair, group, aConversationId()].map((id) => world.acquaintances.silenced(id)));
      expect(await silenced()).toEqual([false, false, false]);
      await world.blocks.set(ben, ann, true);
      expect(await silenced()).toEqual([true, false, false]);
      await world.blocks.set(ben, ann, false);
      expect(await silenced()).toEqual([false, false, false]);
    });
  });
