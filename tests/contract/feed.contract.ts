import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChangedOwnRow, ChangedRow, Page } from '#app/application/ports/feed.ts';
import { Role } from '#app/domain/chat/participant.ts';
import type { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import { type ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { aConversationId, Acts, aDraft, aGroup, aPrivate, type ChatWorld } from '../support/chat-world.ts';
import { headOf, seq, urevOf } from '../support/seen-by.ts';

/** Every sentence of the port, for any adapter. */
export const feedContract = (adapter: string, open: () => Promise<ChatWorld>) =>
  describe(`Feed contract: ${adapter}`, () => {
    let world: ChatWorld;
    let acts: Acts;
    let ann: UserId;
    let ben: UserId;

    beforeAll(async () => {
      world = await open();
      acts = new Acts(world.conversations);
    });
    afterAll(() => world.close());
    beforeEach(async () => {
      [ann, ben] = [await world.aUser(), await world.aUser()];
    });

    const say = async (id: ConversationId, senderId: UserId, text = 'hello') => {
      const draft = aDraft({ conversationId: id, senderId, text });
      await world.log.append(draft);
      return draft.id;
    };
    const range = (after: number, upTo: number, firstSeq = 1) => ({
      ...{ after: after as Rev, upTo: upTo as Rev, firstSeq: firstSeq as Seq },
    });
    const changes = async (id: ConversationId, after = 0, limit = 10_000, firstSeq = 1) =>
      world.feed.changes(id, { ...range(after, await headOf(world, id), firstSeq), limit });
    const ownChanges = async (userId: UserId, after = 0, limit = 10_000) =>
      world.feed.ownChanges(userId, { after: after as Urev, upTo: await urevOf(world, userId), limit });
    const named = ({ rows }: Page<ChangedRow>) =>
      rows.map((row) =>
        row.kind === 'message'
          ? [row.rev, row.kind, row.message.seq]
          : row.kind === 'member'
            ? [row.rev, row.kind, row.member.userId]
            : [row.rev, row.kind],
      );
    /** Pages to the end, checking each page. */
    const whole = async <Row, Counter extends number>(
      limit: number,
      counterOf: (row: Row) => Counter,
      page: (after: Counter) => Promise<Page<Row>>,
    ) => {
      const rows: Row[] = [];
      for (let after = 0 as Counter; ; ) {
        const { rows: next, more } = await page(after);
        if (more) expect(next.length).toBeGreaterThan(0);
        if (next.length > limit) expect(new Set(next.map(counterOf)).size).toBe(1);
        for (const row of next) expect(counterOf(row)).toBeGreaterThan(after);
        rows.push(...next);
        if (!more) return rows;
        after = counterOf(next.at(-1)!); // not empty
      }
    };

    describe('standings and heads', () => {
      it('say where a user is a member, how far the conversation is and what they may see', async () => {
        const group = await aGroup(world, ann, [ben], { historyVisible: false });
        await say(group, ann);
        const late = await world.aUser();
        await acts.add(group, ann, [late]);
        await say(group, ann);
        expect(await world.feed.standings(late)).toEqual([
          { conversationId: group, rev: 4, firstSeq: 3, joinedRev: 3 },
        ]);
        expect(await world.feed.standings(ben)).toEqual([{ conversationId: group, rev: 4, firstSeq: 1, joinedRev: 1 }]);
      });

      it('leave out former and unknown ones alike, and keep to those asked for', async () => {
        const [one, two, left] = [
          await aGroup(world, ann, [ben]),
          await aPrivate(world, ann, ben),
          await aGroup(world, ann, [ben]),
        ];
        const foreign = await aGroup(world, ann);
        await acts.leave(left, ben);
        const ids = async (only?: readonly ConversationId[]) =>
          (await world.feed.standings(ben, only)).map(({ conversationId }) => conversationId).toSorted();
        expect(await ids()).toEqual([one, two].toSorted());
        expect(await ids([two, left, foreign, aConversationId()])).toEqual([two]);
        expect(await ids([])).toEqual([]);
        expect(await world.feed.standings(UserId(v7()))).toEqual([]);
      });

      it('tell a new membership from the former one', async () => {
        const group = await aGroup(world, ann, [ben]);
        await acts.remove(group, ann, ben);
        await acts.add(group, ann, [ben]);
        expect(await world.feed.standings(ben)).toMatchObject([{ conversationId: group, rev: 3, joinedRev: 3 }]);
      });

      it('give heads of a thousand at once; unknown ones are missing', async () => {
        const group = await aGroup(world, ann, [ben]);
        await say(group, ben);
        const strangers = Array.from({ length: 999 }, () => aConversationId());
        expect(await world.feed.heads([...strangers, group])).toEqual(new Map([[group, 2]]));
        expect(await world.feed.heads([])).toEqual(new Map());
        const nobody = UserId(v7());
        expect(await world.feed.userHeads([ann, nobody, ben])).toEqual(
          new Map([
            [ann, 1],
            [ben, 1],
          ]),
        ); // one group each
      });
    });

    describe('changes', () => {
      it('are the rows in their present state, under the rev of their last change', async () => {
        const group = await aGroup(world, ann, [ben]);
        const first = await say(group, ann, 'a');
        const second = await say(group, ben, 'b');
        await acts.edit(group, ann, first, 'A');
        await acts.edit(group, ann, first, 'AA');
        await acts.delete(group, ben, second);
        await acts.changeRole(group, ann, ben, Role.Admin);
        await acts.update(group, ann, { title: 'Square' });
        const { rows, more } = await changes(group);
        expect(more).toBe(false);
        expect(named({ rows, more })).toEqual([
          [1, 'member', ann],
          [1, 'message', 1],
          [5, 'message', 2],
          [6, 'message', 3],
          [7, 'member', ben],
          [7, 'message', 4],
          [8, 'conversation'],
        ]);
        expect(rows[2]).toMatchObject({ message: { id: first, content: 'AA' } });
        expect(rows[3]).toMatchObject({ message: { id: second, content: undefined } });
        expect(rows[4]).toMatchObject({ member: { userId: ben, role: Role.Admin, leftRev: undefined } });
        expect(rows[6]).toMatchObject({ conversation: { title: 'Square', rev: 8, changedRev: 8 } });
      });

      it('are those after the cursor up to the given rev', async () => {
        const group = await aGroup(world, ann, [ben]);
        for (let n = 0; n < 6; n++) await say(group, ann);
        const page = await world.feed.changes(group, { ...range(3, 5), limit: 201 });
        expect(named(page)).toEqual([
          [4, 'message', 4],
          [5, 'message', 5],
        ]);
        expect(await world.feed.changes(group, { ...range(7, 7), limit: 201 })).toEqual({ rows: [], more: false });
        expect(await world.feed.changes(aConversationId(), { ...range(0, 9), limit: 201 })).toEqual({
          rows: [],
          more: false,
        });
      });

      it('show former members as such', async () => {
        const group = await aGroup(world, ann, [ben]);
        await acts.remove(group, ann, ben);
        expect((await changes(group, 1)).rows).toMatchObject([
          { kind: 'member', rev: 2, member: { userId: ben, leftRev: 2 } },
          { kind: 'message', rev: 2 },
        ]);
      });

      it('leave out messages below the first visible one, however late they changed; not the rest', async () => {
        const group = await aGroup(world, ann, [ben], { historyVisible: false });
        const hidden = await say(group, ann, 'hidden');
        const late = await world.aUser();
        await acts.add(group, ann, [late]);
        await acts.edit(group, ann, hidden, 'still hidden');
        const rows = (await changes(group, 0, 10_000, 3)).rows;
        expect(
          rows.filter(({ kind }) => kind === 'message').map((row) => row.kind === 'message' && row.message.seq),
        ).toEqual([3]);
        expect(rows.filter(({ kind }) => kind === 'member')).toHaveLength(3);
        expect(rows.filter(({ kind }) => kind === 'conversation')).toHaveLength(1);
        expect(await world.feed.countChanges(group, range(3, 4, 3), 100)).toBe(0);
      });

      it.each([1, 2, 3, 7, 100])('come whole in pages of %i, cut only between two revs', async (limit) => {
        const users = await Promise.all(Array.from({ length: 6 }, () => world.aUser()));
        const group = await aGroup(world, ann, [ben]);
        await say(group, ben);
        await acts.add(group, ann, users);
        for (let n = 0; n < 5; n++) await say(group, users[n]!);
        await acts.leave(group, users[0]!);
        const { rows } = await changes(group);
        const paged = await whole<ChangedRow, Rev>(
          limit,
          ({ rev }) => rev,
          (after) => changes(group, after, limit),
        );
        expect(paged).toEqual(rows);
        expect(rows.map(({ rev }) => rev)).toEqual(rows.map(({ rev }) => rev).toSorted((a, b) => a - b));
      });

      it('put the two hundred members of one command into one page', async () => {
        const users = await Promise.all(Array.from({ length: 200 }, () => world.aUser()));
        const group = await aGroup(world, ann);
        await acts.add(group, ann, users);
        const first = await changes(group, 0, 201);
        expect([first.more, first.rows.every(({ rev }) => rev === 1)]).toEqual([true, true]);
        const { rows, more } = await changes(group, 1, 201);
        expect([rows.length, more]).toEqual([201, false]);
      });

      it('stay within a fixed upTo while rows move on', async () => {
        const group = await aGroup(world, ann, [ben]);
        const ids = [];
        for (let n = 0; n < 5; n++) ids.push(await say(group, ann));
        const upTo = await headOf(world, group);
        await acts.edit(group, ann, ids[1]!, 'moved on');
        const { rows } = await world.feed.changes(group, { ...range(1, upTo), limit: 201 });
        expect(rows.map(({ rev }) => rev)).toEqual([2, 4, 5, 6]);
      });

      it('are counted, up to a limit', async () => {
        const group = await aGroup(world, ann, [ben]);
        for (let n = 0; n < 8; n++) await say(group, ann);
        expect(await world.feed.countChanges(group, range(0, 9), 1_000)).toBe((await changes(group)).rows.length);
        expect(await world.feed.countChanges(group, range(1, 9), 1_000)).toBe(8);
        expect(await world.feed.countChanges(group, range(1, 9), 5)).toBe(5);
        expect(await world.feed.countChanges(group, range(9, 9), 5)).toBe(0);
      });

      it('and the state before make a fresh fetch', async () => {
        const group = await aGroup(world, ann, [ben]);
        const ids = [await say(group, ann), await say(group, ben)];
        const key = (row: ChangedRow) =>
          row.kind === 'message' ? row.message.id : row.kind === 'member' ? row.member.userId : row.conversation.id;
        const state = new Map((await changes(group)).rows.map((row) => [key(row), row]));
        const cursor = await headOf(world, group);
        await acts.edit(group, ann, ids[0]!, 'x');
        await acts.delete(group, ben, ids[1]!);
        await acts.add(group, ann, [await world.aUser()]);
        await acts.leave(group, ben);
        await say(group, ann);
        for (const row of (await changes(group, cursor)).rows) state.set(key(row), row);
        const rows = (await changes(group)).rows;
        const byKey = (all: Iterable<ChangedRow>) => [...all].toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
        const comparable = (row: ChangedRow) => (row.kind === 'conversation' ? row.conversation.changedRev : row);
        expect(byKey(state.values()).map(comparable)).toEqual(byKey(rows).map(comparable));
      });
    });

    describe('own changes', () => {
      it('are memberships, blocks and the profile, in their present state', async () => {
        const [kept, left] = [await aGroup(world, ann, [ben]), await aGroup(world, ann, [ben])];
        await say(kept, ann);
        await say(left, ann);
        await world.blocks.set(ben, ann, true);
        await world.ownState.markRead(ben, kept, seq(1));
        await acts.leave(left, ben);
        await world.blocks.set(ben, ann, false);
        const { rows, more } = await ownChanges(ben);
        expect(more).toBe(false);
        expect(rows.filter(({ kind }) => kind !== 'profile')).toMatchObject([
          {
            kind: 'membership',
            urev: 4,
            membership: { conversationId: kept, readSeq: 1, member: true, unread: { count: 1, more: false }, urev: 4 },
          },
          {
            kind: 'membership',
            urev: 5,
            membership: { conversationId: left, member: false, unread: { count: 0, more: false } },
          },
          { kind: 'block', urev: 6, blockedId: ann, blocked: false },
        ]);
        expect((await ownChanges(ben, 4)).rows.map(({ urev }) => urev)).toEqual([5, 6]);
        expect((await world.feed.ownChanges(ben, { after: 4 as Urev, upTo: 5 as Urev, limit: 100 })).rows).toHaveLength(
          1,
        );
      });

      it.each([1, 2, 5])('come whole in pages of %i', async (limit) => {
        for (let n = 0; n < 4; n++) await aGroup(world, ann, [ben]);
        for (let n = 0; n < 3; n++) await world.blocks.set(ben, await world.aUser(), true);
        const { rows } = await ownChanges(ben);
        const paged = await whole<ChangedOwnRow, Urev>(
          limit,
          ({ urev }) => urev,
          (after) => ownChanges(ben, after, limit),
        );
        expect(paged).toEqual(rows);
        expect(rows).toHaveLength(7);
      });

      it('are nobody else’s', async () => {
        await aGroup(world, ann, [ben]);
        const { rows } = await ownChanges(ann);
        for (const row of rows) if (row.kind === 'membership') expect(row.membership.userId).toBe(ann);
      });
    });

    it('names the history, the same for as long as it is the same', async () => {
      const epoch = await world.feed.epoch();
      expect(epoch).toMatch(/^[\w-]{16,64}$/);
      expect(await world.feed.epoch()).toBe(epoch);
    });
  });
