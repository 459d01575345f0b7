import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { aConversationId, Acts, aDraft, aGroup, type ChatWorld } from '../support/chat-world.ts';
import { refuses } from '../support/refusals.ts';
import { headOf, seq, urevOf } from '../support/seen-by.ts';

/** Every sentence of the port, for any adapter. */
export const ownStateContract = (adapter: string, open: () => Promise<ChatWorld>) =>
  describe(`OwnState contract: ${adapter}`, () => {
    let world: ChatWorld;
    let acts: Acts;
    let ann: UserId;
    let ben: UserId;
    let group: ConversationId;

    beforeAll(async () => {
      world = await open();
      acts = new Acts(world.conversations);
    });
    afterAll(() => world.close());
    /** Ann wrote entries 2 to 6; Ben read none of them. His urev is 1. */
    beforeEach(async () => {
      [ann, ben] = [await world.aUser(), await world.aUser()];
      group = await aGroup(world, ann, [ben]);
      for (let n = 0; n < 5; n++) await world.log.append(aDraft({ conversationId: group, senderId: ann }));
    });

    const own = async (userId = ben) => (await world.reader.get(await world.reader.access(group, userId))).membership;
    const receiptOf = async (userId = ben) => {
      const receipts = await world.reader.receipts(await world.reader.access(group, ann), { limit: 100 });
      return receipts.find((receipt) => receipt.userId === userId);
    };

    describe('markRead', () => {
      it('moves the read cursor, and with it the delivery cursor, under the next urev', async () => {
        const { membership, changed, memberCount } = await world.ownState.markRead(ben, group, seq(4));
        expect(membership).toMatchObject({ readSeq: 4, unread: { count: 2, more: false }, urev: 2, member: true });
        expect(changed).toEqual({
          receipt: { type: 'message.read', conversationId: group, userId: ben, readSeq: 4, deliveredSeq: 4 },
          own: { type: 'membership.changed', userId: ben, urev: 2, membership },
        });
        expect(memberCount).toBe(2);
        expect(await own()).toEqual(membership);
        expect(await receiptOf()).toEqual({ conversationId: group, userId: ben, readSeq: 4, deliveredSeq: 4 });
        expect(await urevOf(world, ben)).toBe(2);
      });

      it('never goes back; where it stands already nothing changes', async () => {
        const { membership } = await world.ownState.markRead(ben, group, seq(4));
        for (const lower of [4, 3, 0]) {
          const again = await world.ownState.markRead(ben, group, seq(lower));
          expect(again).toEqual({ membership, changed: undefined, memberCount: 2 });
        }
        expect(await urevOf(world, ben)).toBe(2);
      });

      it('is clamped to the head', async () => {
        const { membership, changed } = await world.ownState.markRead(ben, group, seq(Number.MAX_SAFE_INTEGER));
        expect([membership.readSeq, changed?.receipt.readSeq]).toEqual([6, 6]);
        await world.log.append(aDraft({ conversationId: group, senderId: ann }));
        expect((await own()).unread.count).toBe(1);
      });

      it('leaves a delivery cursor that is further where it is', async () => {
        await world.ownState.markDelivered(ben, group, seq(6));
        const { changed } = await world.ownState.markRead(ben, group, seq(3));
        expect(changed?.receipt).toMatchObject({ readSeq: 3, deliveredSeq: 6 });
      });

      it('takes no rev: it is nobody else’s state', async () => {
        const before = await headOf(world, group);
        await world.ownState.markRead(ben, group, seq(6));
        expect(await headOf(world, group)).toBe(before);
      });

      it('ends at the furthest of twenty parallel marks, each change under a urev of its own', async () => {
        const marks = Array.from({ length: 20 }, (_, n) => world.ownState.markRead(ben, group, seq(1 + (n % 6))));
        const urevs = (await Promise.all(marks)).flatMap(({ changed }) => changed?.own?.urev ?? []);
        expect((await own()).readSeq).toBe(6);
        expect(urevs.toSorted((a, b) => a - b)).toEqual(urevs.map((_, n) => n + 2));
        expect(await urevOf(world, ben)).toBe(1 + urevs.length);
        expect((await own()).urev).toBe(1 + urevs.length);
      });
    });

    describe('markDelivered', () => {
      it('moves the delivery cursor alone, and takes no urev', async () => {
        const { membership, changed, memberCount } = await world.ownState.markDelivered(ben, group, seq(5));
        expect(membership).toMatchObject({ readSeq: 0, unread: { count: 5 }, urev: 1 });
        expect(changed).toEqual({
          receipt: { type: 'message.delivered', conversationId: group, userId: ben, readSeq: 0, deliveredSeq: 5 },
          own: undefined,
        });
        expect(memberCount).toBe(2);
        expect(await urevOf(world, ben)).toBe(1);
        expect(await receiptOf()).toMatchObject({ readSeq: 0, deliveredSeq: 5 });
      });

      it('never goes back, is clamped to the head, and says nothing twice', async () => {
        expect((await world.ownState.markDelivered(ben, group, seq(99))).changed?.receipt.deliveredSeq).toBe(6);
        expect((await world.ownState.markDelivered(ben, group, seq(99))).changed).toBeUndefined();
        expect((await world.ownState.markDelivered(ben, group, seq(2))).changed).toBeUndefined();
        expect(await receiptOf()).toMatchObject({ deliveredSeq: 6 });
      });
    });

    it('loses no cursor when reads and deliveries race: each ends at the furthest', async () => {
      for (let round = 0; round < 10; round++) {
        const user = await world.aUser();
        await acts.add(group, ann, [user]);
        const head = (await headOf(world, group)) as number;
        for (let n = 0; n < 4; n++) await world.log.append(aDraft({ conversationId: group, senderId: ann }));
        await Promise.all([
          ...[4, 1, 3, 2].map((n) => world.ownState.markDelivered(user, group, seq(head + n))),
          ...[1, 2].map((n) => world.ownState.markRead(user, group, seq(head + n))),
        ]);
        expect(await receiptOf(user)).toMatchObject({ readSeq: head + 2, deliveredSeq: head + 4 });
      }
    });

    describe('setMembership', () => {
      const soon = () => new Date(Date.now() + 3_600_000);

      it('mutes, unmutes and archives, each under the next urev', async () => {
        const mutedUntil = soon();
        const muted = await world.ownState.setMembership(ben, group, { mutedUntil });
        expect(muted.membership).toMatchObject({ mutedUntil, archived: false, urev: 2 });
        expect(muted.changed).toEqual({
          type: 'membership.changed',
          userId: ben,
          urev: 2,
          membership: muted.membership,
        });
        const archived = await world.ownState.setMembership(ben, group, { archived: true });
        expect(archived.membership).toMatchObject({ mutedUntil, archived: true, urev: 3 });
        const unmuted = await world.ownState.setMembership(ben, group, { mutedUntil: null });
        expect(unmuted.membership).toMatchObject({ mutedUntil: undefined, archived: true, urev: 4 });
        expect(await own()).toEqual(unmuted.membership);
        expect(await own(ann)).toMatchObject({ mutedUntil: undefined, archived: false, urev: 1 });
      });

      it('says nothing when nothing differs', async () => {
        const mutedUntil = soon();
        await world.ownState.setMembership(ben, group, { mutedUntil, archived: true });
        for (const same of [
          {},
          { archived: true },
          { mutedUntil },
          { mutedUntil: new Date(mutedUntil), archived: true },
        ]) {
          const { membership, changed } = await world.ownState.setMembership(ben, group, same);
          expect(changed).toBeUndefined();
          expect(membership).toEqual(await own());
        }
        expect(await urevOf(world, ben)).toBe(2);
      });

      it('takes a past time for none', async () => {
        const past = new Date(Date.now() - 60_000);
        expect((await world.ownState.setMembership(ben, group, { mutedUntil: past })).changed).toBeUndefined();
        await world.ownState.setMembership(ben, group, { mutedUntil: soon() });
        const { membership, changed } = await world.ownState.setMembership(ben, group, { mutedUntil: past });
        expect([membership.mutedUntil, changed?.urev]).toEqual([undefined, 3]);
      });
    });

    it('gives concurrent changes of one user in many conversations dense urevs', async () => {
      const groups = await Promise.all(Array.from({ length: 4 }, () => aGroup(world, ann, [ben])));
      const before = await urevOf(world, ben);
      const all = await Promise.all([
        ...groups.map((id) => world.ownState.markRead(ben, id, seq(1)).then(({ changed }) => changed?.own)),
        ...groups.map((id) => world.ownState.setMembership(ben, id, { archived: true }).then(({ changed }) => changed)),
      ]);
      expect(all.map((event) => event!.urev).toSorted((a, b) => a - b)).toEqual(all.map((_, n) => before + n + 1)); // all changed something
    });

    it('is refused to those who are no members, as if nothing were there', async () => {
      await acts.remove(group, ann, ben);
      const stranger = await world.aUser();
      for (const [userId, id] of [
        [ben, group],
        [stranger, group],
        [ann, aConversationId()],
      ] as const) {
        await refuses(world.ownState.markRead(userId, id, seq(1)), 'not_found', 'conversation_not_found');
        await refuses(world.ownState.markDelivered(userId, id, seq(1)), 'not_found');
        await refuses(world.ownState.setMembership(userId, id, { archived: true }), 'not_found');
      }
      expect(await urevOf(world, stranger)).toBe(0);
    });

    it('is decided against a removal that races with it', async () => {
      for (let round = 0; round < 5; round++) {
        const id = await aGroup(world, ann, [ben]);
        const before = await urevOf(world, ben);
        const [mark, removal] = await Promise.allSettled([
          world.ownState.setMembership(ben, id, { archived: true }),
          acts.remove(id, ann, ben),
        ]);
        expect(removal.status).toBe('fulfilled');
        if (mark.status === 'rejected') expect(mark.reason).toMatchObject({ kind: 'not_found' });
        expect(await urevOf(world, ben)).toBe(before + (mark.status === 'fulfilled' ? 2 : 1));
      }
    });
  });
