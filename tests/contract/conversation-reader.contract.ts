import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ListCursor } from '#app/application/ports/conversation-reader.ts';
import { Role } from '#app/domain/chat/participant.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { aConversationId, Acts, aDraft, aGroup, aPrivate, type ChatWorld } from '../support/chat-world.ts';
import { refuses } from '../support/refusals.ts';
import { seq } from '../support/seen-by.ts';

/** Times are kept in milliseconds: what is to have another one waits for it. */
const aMomentLater = async () => {
  for (const now = Date.now(); Date.now() < now + 2; ) await new Promise(setImmediate);
};

/** Every sentence of the port, for any adapter. */
export const conversationReaderContract = (adapter: string, open: () => Promise<ChatWorld>) =>
  describe(`ConversationReader contract: ${adapter}`, () => {
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
      const result = await world.log.append(draft);
      if (!result.ok) throw result.refusal;
      return { ...result, id: draft.id };
    };
    const sayMany = async (id: ConversationId, senderId: UserId, count: number) => {
      for (let n = 0; n < count; n++) await say(id, senderId, `${n}`);
    };
    const burst = (id: ConversationId, senderId: UserId, count: number) =>
      Promise.all(Array.from({ length: count }, () => say(id, senderId)));
    const list = (userId: UserId, page: { limit?: number; after?: ListCursor; archived?: boolean } = {}) =>
      world.reader.list(userId, { limit: 100, archived: false, ...page });
    const access = (id: ConversationId, userId: UserId) => world.reader.access(id, userId);
    const idsOf = (lines: Awaited<ReturnType<typeof list>>) => lines.map(({ conversation }) => conversation.id);
    /** A proof that was good a moment ago. */
    const staleProof = async () => {
      const id = await aGroup(world, ann, [ben]);
      const proof = await access(id, ben);
      await acts.remove(id, ann, ben);
      await say(id, ann, 'after');
      return proof;
    };

    describe('access', () => {
      it('is what a member has now', async () => {
        const id = await aGroup(world, ann, [ben]);
        expect(await access(id, ann)).toEqual({ conversationId: id, userId: ann, role: Role.Owner, firstSeq: 1 });
        expect(await access(id, ben)).toEqual({ conversationId: id, userId: ben, role: Role.Member, firstSeq: 1 });
      });

      it('is refused alike to strangers, to former members, and where nothing is', async () => {
        const { conversationId } = await staleProof();
        const stranger = await world.aUser();
        for (const [id, userId] of [
          [conversationId, ben],
          [conversationId, stranger],
          [aConversationId(), ann],
        ] as const) // three ways
          await refuses(access(id, userId), 'not_found', 'conversation_not_found');
      });
    });

    describe('list', () => {
      it('is empty for one who is in none', async () => {
        expect(await list(ann)).toEqual([]);
      });

      it('shows each conversation with what a list needs', async () => {
        const pair = await aPrivate(world, ann, ben);
        const sent = await say(pair, ben, 'hi');
        const [line, ...more] = await list(ann);
        expect(more).toEqual([]);
        expect(line).toMatchObject({
          conversation: { id: pair, kind: 'private', title: undefined, seq: 1, rev: 2, memberCount: 2 },
          membership: {
            conversationId: pair,
            userId: ann,
            member: true,
            urev: 1,
            firstSeq: 1,
            readSeq: 0,
            unread: { count: 1, more: false },
          },
          role: Role.Member,
          otherId: ben,
          lastMessage: { id: sent.id, seq: 1, content: 'hi', senderId: ben },
          activeAt: sent.sentAt,
        });
        const group = await aGroup(world, ann, [ben]);
        expect((await list(ann))[0]).toMatchObject({
          conversation: { id: group },
          otherId: undefined,
          role: Role.Owner,
        });
      });

      it('puts the latest activity first: messages and entries move it, edits do not', async () => {
        const [a, b, c] = [
          await aGroup(world, ann, [ben]),
          await aGroup(world, ann, [ben]),
          await aGroup(world, ann, [ben]),
        ];
        await aMomentLater();
        const { id } = await say(a, ben);
        expect(idsOf(await list(ann))[0]).toBe(a);
        await aMomentLater();
        await acts.leave(b, ben);
        expect(idsOf(await list(ann))).toEqual([b, a, c]);
        await aMomentLater();
        await acts.edit(a, ben, id, 'other words');
        expect(idsOf(await list(ann))).toEqual([b, a, c]);
      });

      it('comes in windows that meet without a gap', async () => {
        const all = [];
        for (let n = 0; n < 23; n++) all.unshift(await aGroup(world, ann));
        const seen: ConversationId[] = [];
        let after: ListCursor | undefined;
        for (;;) {
          const page = await list(ann, { limit: 5, ...(after && { after }) });
          if (page.length === 0) break;
          seen.push(...idsOf(page));
          const { activeAt, conversation } = page.at(-1)!; // not empty
          after = { activeAt, id: conversation.id };
        }
        expect(seen.toSorted()).toEqual(all.toSorted());
        expect(seen).toEqual(idsOf(await list(ann)));
      });

      it('leaves out archived ones unless asked, former ones always', async () => {
        const [kept, archived, left] = [
          await aGroup(world, ann),
          await aGroup(world, ann),
          await aGroup(world, ann, [ben]),
        ];
        await acts.changeRole(left, ann, ben, Role.Owner);
        await acts.leave(left, ann);
        await world.ownState.setMembership(ann, archived, { archived: true });
        expect(idsOf(await list(ann))).toEqual([kept]);
        expect(idsOf(await list(ann, { archived: true })).toSorted()).toEqual([kept, archived].toSorted());
      });

      it('shows the last message that the user may see, tombstones and entries of the server too', async () => {
        const group = await aGroup(world, ann, [ben], { historyVisible: false });
        const { id } = await say(group, ann, 'gone');
        await acts.delete(group, ann, id);
        expect((await list(ben))[0]?.lastMessage).toMatchObject({ id, content: undefined, seq: 2 });
        const late = await world.aUser();
        await acts.add(group, ann, [late]);
        expect((await list(late))[0]?.lastMessage).toMatchObject({ seq: 3, type: 'system' });
      });

      it('gives the same line by proof', async () => {
        const group = await aGroup(world, ann, [ben]);
        await say(group, ann);
        expect(await world.reader.get(await access(group, ben))).toEqual((await list(ben))[0]);
        await refuses(world.reader.get(await staleProof()), 'not_found');
      });
    });

    describe('unread', () => {
      const unread = async (id: ConversationId, userId: UserId) =>
        (await world.reader.get(await access(id, userId))).membership.unread;

      it('counts others’ undeleted messages after the read cursor, no entries of the server', async () => {
        const group = await aGroup(world, ann, [ben]);
        await say(group, ann);
        const { id } = await say(group, ann);
        await say(group, ben);
        await acts.changeRole(group, ann, ben, Role.Admin);
        expect([await unread(group, ben), await unread(group, ann)]).toEqual([
          { count: 2, more: false },
          { count: 1, more: false },
        ]);
        await acts.delete(group, ann, id);
        expect((await unread(group, ben)).count).toBe(1);
        await world.ownState.markRead(ben, group, seq(2));
        expect((await unread(group, ben)).count).toBe(0);
        await say(group, ann);
        expect((await unread(group, ben)).count).toBe(1);
      });

      it('is exact up to 1,000, then says that there are more', async () => {
        const group = await aGroup(world, ann, [ben]);
        await burst(group, ann, 1_000);
        expect(await unread(group, ben)).toEqual({ count: 1_000, more: false });
        await say(group, ann);
        expect(await unread(group, ben)).toEqual({ count: 1_000, more: true });
        expect((await list(ben))[0]?.membership.unread).toEqual({ count: 1_000, more: true });
        expect((await unread(group, ann)).count).toBe(0);
      });
    });

    describe('history', () => {
      it('is by seq, ascending: the newest, those below, those above', async () => {
        const group = await aGroup(world, ann, [ben]);
        await sayMany(group, ann, 9);
        const proof = await access(group, ben);
        const seqs = async (page: { limit: number; before?: number; after?: number }) =>
          (await world.reader.history(proof, page as never)).map((message) => message.seq);
        expect(await seqs({ limit: 3 })).toEqual([8, 9, 10]);
        expect(await seqs({ limit: 3, before: 8 })).toEqual([5, 6, 7]);
        expect(await seqs({ limit: 3, after: 2 })).toEqual([3, 4, 5]);
        expect(await seqs({ limit: 100 })).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        expect(await seqs({ limit: 3, before: 1 })).toEqual([]);
        expect(await seqs({ limit: 3, after: 10 })).toEqual([]);
        expect(await seqs({ limit: 3, before: 3 })).toEqual([1, 2]);
      });

      it('stays the same below a seq while new messages arrive', async () => {
        const group = await aGroup(world, ann, [ben]);
        await sayMany(group, ann, 6);
        const proof = await access(group, ben);
        const page = () => world.reader.history(proof, { limit: 3, before: seq(6) });
        const before = await page();
        await sayMany(group, ann, 3);
        expect(await page()).toEqual(before);
      });

      it('holds tombstones without words, and what was edited in its new words', async () => {
        const group = await aGroup(world, ann, [ben]);
        const [one, two] = [await say(group, ann, 'one'), await say(group, ann, 'two')];
        await acts.delete(group, ann, one.id);
        await acts.edit(group, ann, two.id, 'zwei');
        const [, first, second] = await world.reader.history(await access(group, ben), { limit: 10 });
        expect(first).toMatchObject({ id: one.id, content: undefined, rev: 4 });
        expect(first?.deletedAt).toBeInstanceOf(Date);
        expect(second).toMatchObject({ id: two.id, content: 'zwei', rev: 5, sentAt: two.sentAt });
      });

      it('keeps what is answered, and every character as it was sent', async () => {
        const pair = await aPrivate(world, ann, ben);
        const text = '  \t"e\u0301\ud83d\udc69\u200d\ud83d\udc67\n$1 \\x00 \u001f;--';
        await say(pair, ann, text);
        const answer = aDraft({ conversationId: pair, senderId: ben, replyTo: 1 });
        await world.log.append(answer);
        const history = await world.reader.history(await access(pair, ann), { limit: 10 });
        expect(history.map(({ content, replyTo }) => [content, replyTo])).toEqual([
          [text, undefined],
          ['hello', 1],
        ]);
      });

      it('shows those who joined later nothing from before, whichever way they page', async () => {
        const group = await aGroup(world, ann, [ben], { historyVisible: false });
        await sayMany(group, ann, 3);
        const late = await world.aUser();
        await acts.add(group, ann, [late]);
        await say(group, ann, 'welcome');
        const proof = await access(group, late);
        for (const page of [{ limit: 100 }, { limit: 100, after: seq(0) }, { limit: 100, before: seq(100) }])
          expect((await world.reader.history(proof, page)).map((message) => message.seq)).toEqual([5, 6]);
        expect(await world.reader.history(proof, { limit: 100, before: seq(5) })).toEqual([]);
      });

      it('is empty in a new private conversation', async () => {
        const pair = await aPrivate(world, ann, ben);
        expect(await world.reader.history(await access(pair, ann), { limit: 10 })).toEqual([]);
      });

      it('is closed to one who was removed after the proof', async () => {
        await refuses(world.reader.history(await staleProof(), { limit: 10 }), 'not_found');
      });

      it('shows every send that was acked before', async () => {
        const group = await aGroup(world, ann, [ben]);
        const proof = await access(group, ben);
        for (let n = 0; n < 20; n++) {
          const { id } = await say(group, ann);
          expect((await world.reader.history(proof, { limit: 1 }))[0]?.id).toBe(id);
        }
      });
    });

    describe('members and receipts', () => {
      it('are those of now, by user id, in pages', async () => {
        const others = await Promise.all(Array.from({ length: 9 }, () => world.aUser()));
        const group = await aGroup(world, ann, [ben, ...others]);
        await acts.remove(group, ann, others[4]!);
        const expected = [ann, ben, ...others].filter((user) => user !== others[4]).toSorted();
        const proof = await access(group, ben);
        for (const kind of ['members', 'receipts'] as const) {
          const seen: UserId[] = [];
          for (let after: UserId | undefined; ; after = seen.at(-1)) {
            const page = await world.reader[kind](proof, { limit: 3, after });
            if (page.length === 0) break;
            expect(page.length).toBeLessThanOrEqual(3);
            seen.push(...page.map(({ userId }) => userId));
          }
          expect(seen).toEqual(expected);
        }
      });

      it('tell how far each has read and received', async () => {
        const group = await aGroup(world, ann, [ben]);
        const cleo = await world.aUser();
        await acts.add(group, ann, [cleo]);
        await sayMany(group, ann, 3);
        await world.ownState.markRead(ben, group, seq(4));
        await world.ownState.markDelivered(cleo, group, seq(5));
        const proof = await access(group, ann);
        const receipts = await world.reader.receipts(proof, { limit: 10 });
        expect(new Map(receipts.map((one) => [one.userId, [one.readSeq, one.deliveredSeq]]))).toEqual(
          new Map([
            [ann, [0, 0]],
            [ben, [4, 4]],
            [cleo, [1, 5]],
          ]),
        );
        const readers = async (readSince: number) =>
          (await world.reader.receipts(proof, { limit: 10, readSince: seq(readSince) })).map(({ userId }) => userId);
        expect(await readers(4)).toEqual([ben]);
        expect(await readers(5)).toEqual([]);
        expect(await readers(1)).toEqual([ben, cleo].toSorted());
      });

      it('are closed to one who was removed after the proof', async () => {
        const proof = await staleProof();
        await refuses(world.reader.members(proof, { limit: 10 }), 'not_found');
        await refuses(world.reader.receipts(proof, { limit: 10 }), 'not_found');
      });
    });
  });
