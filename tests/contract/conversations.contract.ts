import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LockedConversation, NewGroup } from '#app/application/ports/conversations.ts';
import { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import { Message } from '#app/domain/chat/message.ts';
import { Role } from '#app/domain/chat/participant.ts';
import type { Rev } from '#app/domain/shared/counters.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { type ConversationId, type MessageId, UserId } from '#app/domain/shared/ids.ts';
import {
  aConversationId,
  Acts,
  aDraft,
  aGroup,
  aMessageId,
  aPrivate,
  type ChatWorld,
  type WorldBounds,
} from '../support/chat-world.ts';
import { refuses } from '../support/refusals.ts';
import { headOf, seenBy, urevOf } from '../support/seen-by.ts';

/** Every sentence of the port, for any adapter; what is decided is decided under the conversation's lock. */
export const conversationsContract = (adapter: string, open: (bounds?: WorldBounds) => Promise<ChatWorld>) =>
  describe(`Conversations contract: ${adapter}`, () => {
    let world: ChatWorld;
    let acts: Acts;
    let ann: UserId;
    let ben: UserId;
    let cleo: UserId;

    beforeAll(async () => {
      world = await open();
      acts = new Acts(world.conversations);
    });
    afterAll(() => world.close());
    beforeEach(async () => {
      [ann, ben, cleo] = [await world.aUser(), await world.aUser(), await world.aUser()];
    });

    const newGroup = (more: Partial<NewGroup> = {}): NewGroup => ({
      id: aConversationId(),
      title: ConversationTitle('A circle'),
      policies: { membersCanInvite: false, historyVisible: true },
      creatorId: ann,
      users: [ben],
      noticeId: aMessageId(),
      ...more,
    });
    const say = async (id: ConversationId, senderId: UserId, text = 'hello') => {
      const draft = aDraft({ conversationId: id, senderId, text });
      const result = await world.log.append(draft);
      if (!result.ok) throw result.refusal;
      return { ...result, id: draft.id };
    };
    const look = async (
      id: ConversationId,
      actorId: UserId,
      more: { users?: UserId[]; messageId?: MessageId } = {},
    ) => {
      let seen: LockedConversation | undefined;
      await world.conversations.change(id, { actorId, ...more }, (locked) => void (seen = locked));
      return seen!; // the closure ran, or change() threw
    };
    const settled = async (work: readonly Promise<unknown>[]) => {
      const outcomes = await Promise.allSettled(work);
      const refusals = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      for (const refusal of refusals) expect(refusal).toBeInstanceOf(Refusal);
      return { outcomes, refusals: refusals as Refusal[] };
    };
    /** Every change of the conversation took the next rev, and its log has no hole. */
    const expectDense = async (id: ConversationId, reader: UserId) => {
      const { history, line } = await seenBy(world, id, reader);
      expect(history.map((message) => message.seq)).toEqual(history.map((_, n) => n + 1));
      expect(line.conversation.seq).toBe(history.length);
      expect(line.conversation.memberCount).toBe((await seenBy(world, id, reader)).members.length);
    };

    describe('createGroup', () => {
      it('opens the log with a notice at rev 1 and seq 1; the creator owns it', async () => {
        const group = newGroup({ users: [ben, cleo] });
        const { id, kind, created } = await world.conversations.createGroup(group);
        expect([id, kind]).toEqual([group.id, 'group']);
        const { event } = created!; // a new one
        expect(event).toMatchObject({
          type: 'conversation.created',
          conversationId: group.id,
          rev: 1,
          actorId: ann,
          conversation: {
            id,
            kind,
            title: 'A circle',
            ...group.policies,
            seq: 1,
            rev: 1,
            changedRev: 1,
            memberCount: 3,
          },
          message: {
            id: group.noticeId,
            seq: 1,
            rev: 1,
            senderId: ann,
            type: 'system',
            content: { event: 'conversation.created' },
          },
        });
        expect(event.conversation.createdBy).toBe(ann);
        expect(
          new Map(event.members.map((one) => [one.userId, [one.role, one.firstSeq, one.rev, one.joinedRev]])),
        ).toEqual(
          new Map([
            [ann, [Role.Owner, 1, 1, 1]],
            [ben, [Role.Member, 1, 1, 1]],
            [cleo, [Role.Member, 1, 1, 1]],
          ]),
        );
        const seen = await seenBy(world, id, ben);
        expect(seen.line.conversation).toEqual(event.conversation);
        expect(seen.history).toEqual([event.message]);
        expect(seen.members).toEqual(event.members.toSorted((a, b) => (a.userId < b.userId ? -1 : 1)));
      });

      it('tells each member of their membership, under their next urev, with nothing unread', async () => {
        const before = await urevOf(world, ben);
        const { created } = await world.conversations.createGroup(newGroup({ users: [ben, cleo] }));
        expect(created!.userEvents).toHaveLength(3);
        const own = created!.userEvents.find((event) => event.userId === ben);
        expect(own).toMatchObject({
          type: 'membership.joined',
          urev: before + 1,
          rev: 1,
          membership: {
            userId: ben,
            member: true,
            urev: before + 1,
            unread: { count: 0, more: false },
            archived: false,
          },
        });
        expect(await urevOf(world, ben)).toBe(before + 1);
        expect(await urevOf(world, ann)).toBe(1);
      });

      it('can be of one', async () => {
        const { created } = await world.conversations.createGroup(newGroup({ users: [] }));
        expect(created!.event.members).toHaveLength(1);
      });

      it('takes 200 users besides the creator', async () => {
        const users = await Promise.all(Array.from({ length: 200 }, () => world.aUser()));
        const { created } = await world.conversations.createGroup(newGroup({ users }));
        expect(created!.event.conversation.memberCount).toBe(201);
        expect(created!.userEvents).toHaveLength(201);
      });

      it('answers the same creator with the group that exists, whatever the rest says', async () => {
        const group = newGroup();
        await world.conversations.createGroup(group);
        const before = await seenBy(world, group.id, ann);
        const again = { ...group, title: ConversationTitle('Another'), users: [cleo], noticeId: aMessageId() };
        expect(await world.conversations.createGroup(again)).toEqual({
          id: group.id,
          kind: 'group',
          created: undefined,
        });
        expect(await seenBy(world, group.id, ann)).toEqual(before);
      });

      it('makes one of ten parallel calls', async () => {
        const group = newGroup();
        const all = await Promise.all(Array.from({ length: 10 }, () => world.conversations.createGroup(group)));
        expect(all.filter(({ created }) => created)).toHaveLength(1);
        expect(new Set(all.map(({ id }) => id))).toEqual(new Set([group.id]));
        expect(await urevOf(world, ann)).toBe(1);
      });

      it("refuses the id of somebody else's group, and of a private conversation", async () => {
        const group = newGroup();
        await world.conversations.createGroup(group);
        const before = await seenBy(world, group.id, ann);
        await refuses(world.conversations.createGroup({ ...group, creatorId: ben, users: [] }), 'conflict');
        expect(await seenBy(world, group.id, ann)).toEqual(before);
        const id = await aPrivate(world, ann, cleo);
        await refuses(world.conversations.createGroup(newGroup({ id })), 'conflict');
      });

      it.each([
        ['unknown users', 'not_found', async () => UserId(v7())],
        ['disabled users', 'not_found', async () => (await world.disable(cleo), cleo)],
        ['one whom the creator blocks', 'forbidden', async () => (await world.blocks.set(ann, cleo, true), cleo)],
        ['one who blocks the creator', 'forbidden', async () => (await world.blocks.set(cleo, ann, true), cleo)],
      ] as const)('refuses %s and leaves nothing behind', async (_who, kind, other) => {
        const group = newGroup({ users: [ben, await other()] });
        const before = [await urevOf(world, ann), await urevOf(world, ben)];
        await refuses(world.conversations.createGroup(group), kind);
        await refuses(world.reader.access(group.id, ann), 'not_found');
        expect([await urevOf(world, ann), await urevOf(world, ben)]).toEqual(before);
        expect((await world.feed.heads([group.id])).size).toBe(0);
        expect((await world.conversations.createGroup({ ...group, users: [ben] })).created).toBeDefined();
      });
    });

    describe('openPrivate', () => {
      it('is of two equal members at rev 1, without an entry in the log', async () => {
        const { id, kind, created } = await world.conversations.openPrivate(aConversationId(), ben, ann);
        expect(kind).toBe('private');
        const { event, userEvents } = created!; // a new one
        expect(event).toMatchObject({
          ...{ type: 'conversation.created', rev: 1, actorId: ben },
          conversation: { id, kind: 'private', title: undefined, seq: 0, rev: 1, memberCount: 2, createdBy: ben },
        });
        expect(event).not.toHaveProperty('message');
        expect(event.members.map(({ userId, role }) => [userId, role])).toEqual(
          [ann, ben].toSorted().map((one) => [one, Role.Member]),
        );
        expect(new Map(userEvents.map(({ type, userId, urev }) => [userId, [type, urev]]))).toEqual(
          new Map([ann, ben].map((one) => [one, ['membership.joined', 1]])),
        );
        expect((await seenBy(world, id, ann)).history).toEqual([]);
      });

      it('is one per pair, whoever asks; the id is used only for a new one', async () => {
        const id = aConversationId();
        await world.conversations.openPrivate(id, ann, ben);
        const before = await seenBy(world, id, ann);
        for (const [one, other] of [
          [ann, ben],
          [ben, ann],
        ] as const) // prettier: a pair
          expect(await world.conversations.openPrivate(aConversationId(), one, other)).toEqual({
            id,
            kind: 'private',
            created: undefined,
          });
        expect(await seenBy(world, id, ann)).toEqual(before);
        expect(await aPrivate(world, ann, cleo)).not.toBe(id);
      });

      it('makes one of a hundred parallel calls, from both sides', async () => {
        const all = await Promise.all(
          Array.from({ length: 100 }, (_, n) =>
            n % 2 === 0
              ? world.conversations.openPrivate(aConversationId(), ann, ben)
              : world.conversations.openPrivate(aConversationId(), ben, ann),
          ),
        );
        expect(new Set(all.map(({ id }) => id)).size).toBe(1);
        expect(all.filter(({ created }) => created)).toHaveLength(1);
        expect(await world.conversations.full([ann], 1)).toEqual(new Set([ann]));
        expect(await world.conversations.full([ann], 2)).toEqual(new Set());
        expect([await urevOf(world, ann), await urevOf(world, ben)]).toEqual([1, 1]);
      });

      it('gives one user with many others dense urevs', async () => {
        const others = await Promise.all(Array.from({ length: 12 }, () => world.aUser()));
        const all = await Promise.all(
          others.map((other) => world.conversations.openPrivate(aConversationId(), ann, other)),
        );
        const urevs = all.map(({ created }) => created!.userEvents.find(({ userId }) => userId === ann)!.urev); // all new
        expect(urevs.toSorted((a, b) => a - b)).toEqual(others.map((_, n) => n + 1));
      });

      it('refuses unknown and disabled users', async () => {
        await refuses(world.conversations.openPrivate(aConversationId(), ann, UserId(v7())), 'not_found');
        await world.disable(ben);
        await refuses(world.conversations.openPrivate(aConversationId(), ann, ben), 'not_found');
        expect([await urevOf(world, ann), (await world.conversations.full([ann], 1)).size]).toEqual([0, 0]);
      });

      it.each(['ann', 'ben'])('refuses to make one over a block of %s, yet opens one that exists', async (by) => {
        await (by === 'ann' ? world.blocks.set(ann, ben, true) : world.blocks.set(ben, ann, true));
        const id = aConversationId();
        await refuses(world.conversations.openPrivate(id, ann, ben), 'forbidden', 'blocked');
        expect(await world.conversations.privateOf(ann, ben)).toBeUndefined();
        expect((await world.feed.heads([id])).size).toBe(0);
        const existing = await aPrivate(world, ann, cleo);
        await world.blocks.set(cleo, ann, true);
        expect((await world.conversations.openPrivate(aConversationId(), ann, cleo)).id).toBe(existing);
      });

      it('refuses an id that another conversation has', async () => {
        const taken = await aGroup(world, cleo);
        await refuses(world.conversations.openPrivate(taken, ann, ben), 'conflict', 'conversation_id_taken');
        expect(await world.conversations.privateOf(ann, ben)).toBeUndefined();
      });

      it('is found by its two, in either order', async () => {
        expect(await world.conversations.privateOf(ann, ben)).toBeUndefined();
        const id = await aPrivate(world, ann, ben);
        expect(await world.conversations.privateOf(ann, ben)).toBe(id);
        expect(await world.conversations.privateOf(ben, ann)).toBe(id);
        expect(await world.conversations.privateOf(ann, cleo)).toBeUndefined();
      });
    });

    it('tells who is a member of too many conversations now', async () => {
      const full = (limit: number) => world.conversations.full([ann, ben, cleo, UserId(v7())], limit);
      expect(await full(1)).toEqual(new Set());
      const group = await aGroup(world, ann, [ben]);
      await aPrivate(world, ben, cleo);
      expect(await full(1)).toEqual(new Set([ann, ben, cleo]));
      expect(await full(2)).toEqual(new Set([ben]));
      await acts.remove(group, ann, ben);
      expect(await full(2)).toEqual(new Set());
      expect(await world.conversations.full([], 1)).toEqual(new Set());
    });

    describe('change', () => {
      let group: ConversationId;
      beforeEach(async () => {
        group = await aGroup(world, ann, [ben]);
      });

      it('refuses those who are no members alike, and never asks', async () => {
        const { id } = await say(group, ben);
        await acts.remove(group, ann, ben);
        for (const [conversation, actorId] of [
          [aConversationId(), ann],
          [group, cleo],
          [group, ben],
          [group, UserId(v7())],
        ] as const) {
          let asked = false;
          const change = world.conversations.change(
            conversation,
            { actorId, messageId: id },
            () => void (asked = true),
          );
          await refuses(change, 'not_found', 'conversation_not_found');
          expect(asked).toBe(false);
        }
      });

      it('shows the conversation, the actor, the owners and the next numbers', async () => {
        await say(group, ben);
        const { conversation, actor, owners, stamp, candidates, message } = await look(group, ben);
        expect(conversation.state).toMatchObject({ id: group, seq: 2, rev: 2, memberCount: 2 });
        expect(actor.state).toMatchObject({ userId: ben, role: Role.Member });
        expect([owners, stamp.rev, stamp.seq, candidates.size, message]).toEqual([1, 3, 3, 0, undefined]);
        expect(stamp.at.getTime()).toBeGreaterThanOrEqual(conversation.state.createdAt.getTime());
      });

      it('shows whom it is about: strangers, members, former members; unknown ones are missing', async () => {
        const dora = await world.aUser();
        await acts.add(group, ann, [dora]);
        await acts.leave(group, dora);
        const nobody = UserId(v7());
        const { candidates } = await look(group, ann, { users: [cleo, ben, dora, nobody] });
        expect([...candidates.keys()]).toEqual([cleo, ben, dora]);
        expect(candidates.get(cleo)).toEqual({ userId: cleo, blocked: false, participant: undefined });
        expect(candidates.get(ben)?.participant?.active).toBe(true);
        expect(candidates.get(dora)?.participant?.active).toBe(false);
      });

      it('shows a disabled user only while they are a member', async () => {
        await world.disable(ben);
        await world.disable(cleo);
        const { candidates } = await look(group, ann, { users: [ben, cleo] });
        expect([...candidates.keys()]).toEqual([ben]);
        await acts.remove(group, ann, ben);
        expect((await look(group, ann, { users: [ben] })).candidates.size).toBe(0);
      });

      it('shows a block between the actor and them, whoever set it', async () => {
        const dora = await world.aUser();
        await world.blocks.set(ann, cleo, true);
        await world.blocks.set(dora, ann, true);
        await world.blocks.set(ben, cleo, true);
        const { candidates } = await look(group, ann, { users: [ben, cleo, dora] });
        expect([...candidates.values()].map(({ blocked }) => blocked)).toEqual([false, true, true]);
        await refuses(acts.add(group, ann, [cleo]), 'forbidden', 'blocked');
        await world.blocks.set(ann, cleo, false);
        expect((await look(group, ann, { users: [cleo] })).candidates.get(cleo)?.blocked).toBe(false);
      });

      it('shows the message only if it is of this conversation and the actor may see it', async () => {
        const { id } = await say(group, ben, 'early');
        expect((await look(group, ann, { messageId: id })).message?.state).toMatchObject({
          id,
          seq: 2,
          content: 'early',
        });
        expect((await look(group, ann, { messageId: aMessageId() })).message).toBeUndefined();
        const elsewhere = await aGroup(world, ann);
        expect((await look(elsewhere, ann, { messageId: id })).message).toBeUndefined();
        await acts.update(group, ann, { historyVisible: false });
        await acts.add(group, ann, [cleo]);
        expect((await look(group, cleo, { messageId: id })).message).toBeUndefined();
      });

      it('takes no rev when nothing is to change', async () => {
        const before = await seenBy(world, group, ann);
        expect(await world.conversations.change(group, { actorId: ann }, () => undefined)).toBeUndefined();
        expect(await acts.update(group, ann, { title: 'A circle' })).toBeUndefined();
        expect(await seenBy(world, group, ann)).toEqual(before);
      });

      it.each([
        ['a refusal', new Refusal('forbidden', 'no', 'no')],
        ['a fault', new Error('a bug')],
      ])('leaves all as it was when it is answered by %s, which reaches the caller', async (_what, thrown) => {
        const before = await seenBy(world, group, ann);
        const change = world.conversations.change(group, { actorId: ann, users: [cleo] }, ({ stamp, actor }) => {
          Message.notice(actor, aMessageId(), { event: 'member.left', user: ann }, stamp);
          throw thrown;
        });
        await expect(change).rejects.toBe(thrown);
        expect(await seenBy(world, group, ann)).toEqual(before);
        expect((await say(group, ann)).rev).toBe(before.line.conversation.rev + 1);
      });

      it('edits a message: one rev, the same seq, the new words everywhere', async () => {
        const { id, seq } = await say(group, ben, 'helo');
        const changed = await acts.edit(group, ben, id, 'hello');
        const { event, userEvents } = changed!; // the words differ
        expect(event).toMatchObject({ type: 'message.edited', conversationId: group, rev: 3, actorId: ben });
        expect(event).toMatchObject({ message: { id, seq, rev: 3, content: 'hello', senderId: ben } });
        expect(userEvents).toEqual([]);
        const { history, line } = await seenBy(world, group, ann);
        expect(event).toMatchObject({ message: history.at(-1) });
        expect(history.at(-1)?.editedAt).toEqual(event.at);
        expect([line.conversation.seq, line.conversation.rev]).toEqual([2, 3]);
      });

      it('deletes a message: a tombstone without words, and it stays one', async () => {
        const { id } = await say(group, ben, 'oops');
        const changed = await acts.delete(group, ben, id);
        expect(changed!.event).toMatchObject({
          type: 'message.deleted',
          rev: 3,
          message: { id, seq: 2, content: undefined },
        });
        expect((await seenBy(world, group, ann)).history.at(-1)).toMatchObject({
          id,
          rev: 3,
          deletedAt: changed!.event.at,
        });
        expect(await acts.delete(group, ann, id)).toBeUndefined();
        await refuses(acts.edit(group, ben, id, 'back'), 'conflict', 'message_deleted');
        expect(await headOf(world, group)).toBe(3);
      });

      it('adds members: one rev and one seq for all, each under their next urev', async () => {
        const dora = await world.aUser();
        await aPrivate(world, dora, ben);
        await say(group, ben, 'before');
        const { event, userEvents } = (await acts.add(group, ann, [cleo, dora, ben]))!; // two are new
        expect(event).toMatchObject({
          ...{ type: 'members.added', rev: 3, actorId: ann },
          message: { seq: 3, rev: 3, type: 'system', content: { event: 'members.added', users: [cleo, dora] } },
        });
        expect(event).toMatchObject({
          members: [cleo, dora].map((userId) => ({ userId, role: Role.Member, firstSeq: 1, rev: 3, joinedRev: 3 })),
        });
        expect(userEvents.map(({ type, userId, urev }) => [type, userId, urev])).toEqual([
          ['membership.joined', cleo, 1],
          ['membership.joined', dora, 2],
        ]);
        const seen = await seenBy(world, group, cleo);
        expect(seen.history.map(({ seq }) => seq)).toEqual([1, 2, 3]);
        expect(seen.line.membership.unread).toEqual({ count: 0, more: false });
        expect(seen.line.conversation.memberCount).toBe(4);
        await say(group, ben, 'after');
        expect((await seenBy(world, group, cleo)).line.membership.unread.count).toBe(1);
      });

      it('hides what was written before from those who join a group with hidden history', async () => {
        await acts.update(group, ann, { historyVisible: false });
        await say(group, ben, 'secret');
        await acts.add(group, ann, [cleo]);
        const { access, history, line, receipts } = await seenBy(world, group, cleo);
        expect(access.firstSeq).toBe(3);
        expect(history.map(({ seq, type }) => [seq, type])).toEqual([[3, 'system']]);
        expect(line.lastMessage?.seq).toBe(3);
        expect(receipts.find(({ userId }) => userId === cleo)).toMatchObject({ readSeq: 2, deliveredSeq: 2 });
      });

      it('removes a member: told once, then they know nothing more', async () => {
        const { event, userEvents } = (await acts.remove(group, ann, ben))!; // Ben was one
        expect(event).toMatchObject({
          ...{ type: 'member.removed', rev: 2, actorId: ann },
          members: [{ userId: ben, leftRev: 2, rev: 2 }],
          message: { seq: 2, content: { event: 'member.removed', user: ben } },
        });
        expect(userEvents).toMatchObject([
          {
            type: 'membership.left',
            userId: ben,
            urev: 2,
            membership: { member: false, unread: { count: 0, more: false } },
          },
        ]);
        await refuses(world.reader.access(group, ben), 'not_found');
        expect(await world.feed.standings(ben)).toEqual([]);
        expect((await seenBy(world, group, ann)).line.conversation.memberCount).toBe(1);
        await refuses(acts.remove(group, ann, ben), 'not_found', 'member_not_found');
      });

      it('lets a member leave', async () => {
        const { event, userEvents } = (await acts.leave(group, ben))!; // not the last owner
        expect(event).toMatchObject({
          type: 'member.left',
          rev: 2,
          actorId: ben,
          members: [{ userId: ben, leftRev: 2 }],
        });
        expect(userEvents).toHaveLength(1);
        await refuses(
          acts.leave(group, ann).then(() => acts.leave(group, ann)),
          'not_found',
        );
      });

      it('takes somebody back as a new member: cursors never go back, mute and archive do', async () => {
        await say(group, ann, 'one');
        await world.ownState.markRead(ben, group, 2 as never);
        await world.ownState.setMembership(ben, group, { archived: true, mutedUntil: new Date(Date.now() + 60_000) });
        await acts.changeRole(group, ann, ben, Role.Admin);
        await acts.remove(group, ann, ben);
        await say(group, ann, 'meanwhile');
        const { event } = (await acts.add(group, ann, [ben]))!; // he had left
        const { access, line, members } = await seenBy(world, group, ben);
        expect(members.find(({ userId }) => userId === ben)).toMatchObject({
          ...{ role: Role.Member, leftRev: undefined, joinedRev: event.rev, rev: event.rev, firstSeq: 1 },
        });
        expect(access.role).toBe(Role.Member);
        expect(line.membership).toMatchObject({
          member: true,
          archived: false,
          mutedUntil: undefined,
          unread: { count: 0 },
        });
        await say(group, ann, 'now');
        expect((await seenBy(world, group, ben)).line.membership.unread.count).toBe(1);
      });

      it('changes a role, which is nobody’s own state', async () => {
        const before = await urevOf(world, ben);
        const { event, userEvents } = (await acts.changeRole(group, ann, ben, Role.Admin))!; // he was a member
        expect(event).toMatchObject({
          type: 'member.role_changed',
          rev: 2,
          members: [{ userId: ben, role: Role.Admin, rev: 2, joinedRev: 1 }],
        });
        expect(userEvents).toEqual([]);
        expect(await urevOf(world, ben)).toBe(before);
        expect((await world.reader.access(group, ben)).role).toBe(Role.Admin);
        await refuses(acts.changeRole(group, ann, ann, Role.Member), 'conflict', 'last_owner');
      });

      it('changes title and policies', async () => {
        await say(group, ben);
        const { event } = (await acts.update(group, ann, { title: 'A square', membersCanInvite: true }))!; // both differ
        expect(event).toMatchObject({
          type: 'conversation.updated',
          rev: 3,
          conversation: {
            title: 'A square',
            membersCanInvite: true,
            historyVisible: true,
            changedRev: 3,
            rev: 3,
            seq: 2,
          },
        });
        const { line } = await seenBy(world, group, ben);
        expect(event).toMatchObject({ conversation: line.conversation });
      });

      it('deletes a conversation: everybody leaves in one rev, and there is no such conversation any more', async () => {
        await acts.add(group, ann, [cleo]);
        const { event, userEvents } = (await acts.deleteConversation(group, ann))!; // it was there
        expect(event).toMatchObject({
          type: 'conversation.deleted',
          rev: 3,
          conversation: { memberCount: 0, changedRev: 3, deletedAt: event.at },
        });
        const left = 'members' in event ? event.members : [];
        expect(new Map(left.map(({ userId, leftRev }) => [userId, leftRev]))).toEqual(
          new Map([ann, ben, cleo].map((one) => [one, 3])),
        );
        expect(userEvents.map(({ type }) => type)).toEqual(Array(3).fill('membership.left'));
        for (const userId of [ann, ben, cleo]) {
          await refuses(world.reader.access(group, userId), 'not_found');
          await refuses(acts.add(group, userId, [cleo]), 'not_found');
          const sent = await world.log.append(aDraft({ conversationId: group, senderId: userId }));
          expect(sent).toMatchObject({ ok: false, refusal: { kind: 'not_found' } });
        }
      });
    });

    describe('races', () => {
      it('gives concurrent changes and sends dense revs, each of them its own', async () => {
        const group = await aGroup(world, ann, [ben]);
        const { id } = await say(group, ann, 'x');
        const revs: Rev[] = [];
        await Promise.all([
          ...Array.from({ length: 20 }, (_, n) =>
            acts.edit(group, ann, id, `x${n}`).then((done) => revs.push(done!.event.rev)),
          ),
          ...Array.from({ length: 20 }, () => say(group, ben).then((done) => revs.push(done.rev))),
          ...Array.from({ length: 10 }, (_, n) =>
            acts.update(group, ann, { title: `Circle ${n}` }).then((done) => revs.push(done!.event.rev)),
          ),
        ]);
        expect(revs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 3));
        await expectDense(group, ann);
      });

      it('loses no update: twenty closures that each lengthen the title', async () => {
        const group = await aGroup(world, ann);
        const lengthen = () =>
          world.conversations.change(group, { actorId: ann }, ({ conversation, actor, stamp }) => {
            const updated = conversation.update(
              actor,
              { title: ConversationTitle(`${conversation.state.title}!`) },
              stamp.rev,
            );
            return updated && { event: 'conversation.updated', conversation: updated };
          });
        await Promise.all(Array.from({ length: 20 }, lengthen));
        expect((await seenBy(world, group, ann)).line.conversation.title).toBe(`A circle${'!'.repeat(20)}`);
      });

      it('lets one of two adders add, and the other find nothing to do', async () => {
        const group = await aGroup(world, ann, [ben]);
        await acts.changeRole(group, ann, ben, Role.Admin);
        for (let round = 0; round < 5; round++) {
          const one = await world.aUser();
          const results = await Promise.all([acts.add(group, ann, [one]), acts.add(group, ben, [one])]);
          expect(results.filter((result) => result !== undefined)).toHaveLength(1);
          expect(await urevOf(world, one)).toBe(1);
        }
        await expectDense(group, ann);
      });

      it('serialises adding and removing the same one', async () => {
        const group = await aGroup(world, ann, [ben]);
        for (let round = 0; round < 10; round++) {
          const { refusals } = await settled([acts.add(group, ann, [cleo]), acts.remove(group, ann, cleo)]);
          for (const refusal of refusals) expect(refusal.rule).toBe('member_not_found');
          const isMember = await world.reader.access(group, cleo).then(
            () => true,
            () => false,
          );
          // added after the removal was refused or done, or removed after the adding
          expect((await world.feed.standings(cleo, [group])).length).toBe(isMember ? 1 : 0);
          if (isMember) await acts.remove(group, ann, cleo);
        }
        await expectDense(group, ann);
      });

      it('never lets two owners undo each other', async () => {
        const group = await aGroup(world, ann, [ben]);
        await acts.changeRole(group, ann, ben, Role.Owner);
        const { refusals } = await settled([
          acts.changeRole(group, ann, ben, Role.Member),
          acts.changeRole(group, ben, ann, Role.Member),
        ]);
        expect(refusals).toHaveLength(1);
        expect((await seenBy(world, group, ann)).members.filter(({ role }) => role === Role.Owner)).toHaveLength(1);
      });

      it('lets whoever was removed change nothing after it', async () => {
        for (let round = 0; round < 5; round++) {
          const group = await aGroup(world, ann, [ben]);
          const { id } = await say(group, ben, 'x');
          const removal = acts.remove(group, ann, ben);
          const edits = Array.from({ length: 5 }, (_, n) => acts.edit(group, ben, id, `x${n}`));
          const { outcomes } = await settled(edits);
          const removedAt = (await removal)!.event.rev; // he was a member
          for (const one of outcomes)
            if (one.status === 'fulfilled')
              expect((one.value as { event: { rev: Rev } }).event.rev).toBeLessThan(removedAt);
            else expect(one.reason).toMatchObject({ kind: 'not_found' });
        }
      });

      it('does not deadlock over users who join many groups at once', async () => {
        const groups = await Promise.all(Array.from({ length: 4 }, () => aGroup(world, ann)));
        const users = await Promise.all(Array.from({ length: 6 }, () => world.aUser()));
        await Promise.all(groups.map((group, n) => acts.add(group, ann, n % 2 === 0 ? users : users.toReversed())));
        for (const user of users) expect(await urevOf(world, user)).toBe(groups.length);
        expect(await urevOf(world, ann)).toBe(groups.length);
      });

      it('lets no private conversation slip past a block', async () => {
        for (let round = 0; round < 8; round++) {
          const [one, other] = [await world.aUser(), await world.aUser()];
          const { outcomes } = await settled([
            world.conversations.openPrivate(aConversationId(), one, other),
            world.blocks.set(round % 2 === 0 ? one : other, round % 2 === 0 ? other : one, true),
          ]);
          expect(outcomes[1]?.status).toBe('fulfilled');
          const id = await world.conversations.privateOf(one, other);
          expect(id !== undefined).toBe(outcomes[0]?.status === 'fulfilled');
          if (!id) continue;
          const sent = await world.log.append(aDraft({ conversationId: id, senderId: one }));
          expect(sent).toMatchObject({ ok: false, refusal: { kind: 'forbidden', rule: 'blocked' } });
        }
      });

      it('refuses `unavailable` while somebody keeps the lock, and leaves nothing behind', async () => {
        const hasty = await open({ patienceMs: 800 });
        try {
          const change = new Acts(hasty.conversations);
          const [owner, member] = [await hasty.aUser(), await hasty.aUser()];
          const group = await aGroup(hasty, owner, [member]);
          const other = await aGroup(hasty, owner, [member]);
          const before = await seenBy(hasty, group, owner);
          const release = await hasty.hold(group);
          const stuck = refuses(change.update(group, owner, { title: 'Late' }), 'unavailable');
          await change.update(other, owner, { title: 'Others go on' });
          await stuck;
          await release();
          expect(await seenBy(hasty, group, owner)).toMatchObject({
            line: { conversation: before.line.conversation },
          });
        } finally {
          await hasty.close();
        }
      });
    });
  });
