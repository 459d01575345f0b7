import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { SendLane } from '#app/application/chat/send-lane.ts';
import type { Appended, AppendResult } from '#app/application/ports/message-log.ts';
import type { MessageDraft } from '#app/domain/chat/message.ts';
import type { MessageText } from '#app/domain/chat/message-content.ts';
import { Role } from '#app/domain/chat/participant.ts';
import type { Rev, Seq } from '#app/domain/shared/counters.ts';
import type { ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';
import { times } from '../support/scale.ts';
import {
  aConversationId,
  aDraft,
  aGroup,
  aMessageId,
  aPrivate,
  Acts,
  type ChatWorld,
  type WorldBounds,
} from '../support/chat-world.ts';

/** Of who is to wait too long; enough for all else that is done meanwhile. */
const HASTY_MS = 2_000;
/** Far longer than they wait, and far shorter than for ever. */
const AN_ANSWER_MS = 15_000;

/** Every sentence of the port and of the domain's `admit`, for any log. `open` gives a log of its own over a store of its own or a shared one. */
export const messageLogContract = (adapter: string, open: (bounds?: WorldBounds) => Promise<ChatWorld>) =>
  describe(`MessageLog contract: ${adapter}`, () => {
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

    /** Ann owns the group, Ben is a member; every test has one of its own. */
    const aCircle = async () => {
      [ann, ben] = [await world.aUser(), await world.aUser()];
      group = await aGroup(world, ann, [ben]);
    };
    const draft = (more: Partial<Parameters<typeof aDraft>[0]> = {}) =>
      aDraft({ conversationId: group, senderId: ann, ...more });
    /** A lonely message and one among others may take different roads; neighbours are of another conversation. */
    let company: { readonly conversationId: ConversationId; readonly senderId: UserId } | undefined;
    const append = async (message: MessageDraft): Promise<AppendResult> => {
      if (!company) return world.log.append(message);
      const [, result] = await Promise.all([
        world.log.append(aDraft(company)),
        world.log.append(message),
        world.log.append(aDraft(company)),
      ]);
      return result;
    };
    const send = (more?: Parameters<typeof draft>[0]) => append(draft(more));
    const stored = async (more?: Parameters<typeof draft>[0]) => ok(await send(more));
    const head = async (id = group) => (await world.feed.heads([id])).get(id)!; // it exists
    const logOf = async (id = group, reader = ann) =>
      world.reader.history(await world.reader.access(id, reader), { limit: 10_000 });

    describe('numbers', () => {
      it('gives the next seq and rev, and what it acked is there to read', async () => {
        await aCircle();
        const first = await stored({ text: 'one' });
        const second = await stored({ text: 'two', senderId: ben });
        expect([first.seq, first.rev, first.duplicate]).toEqual([2, 2, false]); // the notice is the first entry
        expect([second.seq, second.rev, second.duplicate]).toEqual([3, 3, false]);
        const [, one, two] = await logOf();
        expect(one).toMatchObject({
          seq: 2,
          rev: 2,
          senderId: ann,
          content: 'one',
          sentAt: first.sentAt,
          editedAt: undefined,
        });
        expect(two).toMatchObject({
          seq: 3,
          rev: 3,
          senderId: ben,
          content: 'two',
          sentAt: second.sentAt,
          deletedAt: undefined,
        });
        expect(await head()).toBe(3);
      });

      it('gives none twice and leaves none out, with sixteen writers and changes between', async () => {
        await aCircle();
        const ids = Array.from({ length: 16 }, () => Array.from({ length: 12 }, aMessageId));
        const others = await Promise.all(Array.from({ length: 4 }, () => world.aUser()));
        const revs = ids.map(async (mine, writer) => {
          const taken: number[] = [];
          const senderId = writer % 2 === 0 ? ann : ben;
          for (const id of mine) {
            taken.push((await stored({ id, senderId, text: `${writer}` })).rev);
            if (writer % 4 === 0) taken.push((await acts.edit(group, senderId, id, `${id} edited`))!.event.rev);
          }
          return taken;
        });
        const joins = others.map(async (other) => [(await acts.add(group, ann, [other]))!.event.rev as number]);
        const taken = (await Promise.all([...revs, ...joins])).flat().toSorted((a, b) => a - b);
        expect(taken).toEqual(Array.from({ length: 16 * 12 + 4 * 12 + 4 }, (_, at) => at + 2));
        expect(await head()).toBe(taken.at(-1));
        expect((await logOf()).map(({ seq }) => seq)).toEqual(
          Array.from({ length: 1 + 16 * 12 + 4 }, (_, at) => at + 1),
        );
      });

      it('stores in the order of the calls, also of more than fit into one round trip', async () => {
        await aCircle();
        const texts = Array.from({ length: 300 }, (_, at) => `${at}`);
        const ids = texts.map(aMessageId).toReversed(); // whose order means nothing
        const acks = (await Promise.all(texts.map((text, at) => send({ text, id: ids[at]! })))).map(ok); // one for each
        expect(acks.map(({ seq }) => seq)).toEqual(texts.map((_, at) => at + 2));
        expect((await logOf()).slice(1).map(({ content }) => content)).toEqual(texts);
      });

      it('keeps the order of the calls around a message id that is sent twice', async () => {
        await aCircle();
        const id = aMessageId();
        const acks = (await Promise.all([send({ id }), send({ id }), send(), send({ id }), send()])).map(ok);
        expect(acks.map(({ seq }) => seq)).toEqual([2, 2, 3, 2, 4]);
        expect(acks.map(({ duplicate }) => duplicate)).toEqual([false, true, false, true, false]);
      });

      it('keeps the order of the calls around a message id whose first send is refused', async () => {
        await aCircle();
        const id = aMessageId();
        const [bad, good, next] = await Promise.all([send({ id, replyTo: 99 }), send({ id }), send()]);
        expect(bad.ok).toBe(false);
        expect([ok(good).seq, ok(next).seq]).toEqual([2, 3]);
      });

      it('counts each conversation for itself', async () => {
        await aCircle();
        const other = await aGroup(world, ann);
        const acks = await Promise.all(
          [group, other, group, other].map((conversationId) => stored({ conversationId })),
        );
        expect(acks.map(({ seq }) => seq)).toEqual([2, 2, 3, 3]);
      });

      it.each([
        ['emoji, right-to-left and combining marks', '\u202eשלום 👩‍👩‍👧 e\u0301'],
        ['white space at both ends', ' \t\n a \r\n'],
        ['what would be code elsewhere', `'); DROP TABLE messages; --\\ \u001f {}"<script>`],
        ['five thousand of the longest code points', '𝕏'.repeat(5_000)],
      ])('keeps %s byte for byte', async (_what, text) => {
        await aCircle();
        await stored({ text });
        expect((await logOf()).at(-1)?.content).toBe(text);
      });
    });

    describe.each([['alone'], ['in company']])('%s', (how) => {
      beforeAll(async () => {
        const senderId = await world.aUser();
        company = how === 'alone' ? undefined : { senderId, conversationId: await aGroup(world, senderId) };
      });
      afterAll(() => {
        company = undefined;
      });

      describe('resend', () => {
        it('of ten at once stores one and answers all the same', async () => {
          for (let round = 0; round < times(5, 100); round++) {
            await aCircle();
            const again = draft();
            const acks = (await Promise.all(Array.from({ length: 10 }, () => append(again)))).map(ok);
            expect(new Set(acks.map(({ seq, rev, sentAt }) => `${seq} ${rev} ${sentAt.getTime()}`)).size).toBe(1);
            expect(acks.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
            expect(await logOf()).toHaveLength(2);
            expect(await head()).toBe(2);
          }
        });

        it.each<[string, (first: MessageDraft) => Promise<unknown>]>([
          ['other messages', () => stored()],
          ['an edit', (first) => acts.edit(group, ben, first.id, 'other words')],
          [
            'two edits',
            async (first) => acts.edit(group, ben, first.id, 'x').then(() => acts.edit(group, ben, first.id, 'y')),
          ],
          ['its deletion', (first) => acts.delete(group, ben, first.id)],
          ['its deletion by an admin', (first) => acts.delete(group, ann, first.id)],
          ['the removal of its sender', () => acts.remove(group, ann, ben)],
          ['the leaving of its sender', () => acts.leave(group, ben)],
          [
            'an edit, its deletion and the removal of its sender',
            async (first) => {
              await acts.edit(group, ben, first.id, 'x');
              await acts.delete(group, ben, first.id);
              await acts.remove(group, ann, ben);
            },
          ],
          [
            'removal and return of its sender',
            () => acts.remove(group, ann, ben).then(() => acts.add(group, ann, [ben])),
          ],
          ['the deletion of the conversation', () => acts.deleteConversation(group, ann)],
        ])('after %s gets the first ack', async (_what, happens) => {
          await aCircle();
          const first = draft({ senderId: ben, text: 'the first words' });
          const ack = ok(await append(first));
          await happens(first);
          const before = await head();
          expect(ok(await append(first))).toEqual({ ...ack, duplicate: true });
          expect(await head()).toBe(before);
        });

        it('after an edit is compared with what was first sent', async () => {
          await aCircle();
          const first = draft({ text: 'before' });
          await append(first);
          await acts.edit(group, ann, first.id, 'after');
          expect(await refusal(send({ id: first.id, text: 'after' }))).toEqual(['conflict', 'message_id_taken']);
        });

        it('of an answer is compared with what it answered', async () => {
          await aCircle();
          const answer = draft({ replyTo: 1 });
          const ack = ok(await append(answer));
          await stored();
          expect(ok(await append(answer)).seq).toBe(ack.seq);
          expect(await refusal(send({ id: answer.id, replyTo: 2 }))).toEqual(['conflict', 'message_id_taken']);
          expect(await refusal(send({ id: answer.id }))).toEqual(['conflict', 'message_id_taken']);
        });

        it('of an answer gets its ack although what it answered is gone', async () => {
          await aCircle();
          const asked = draft();
          const { seq } = ok(await append(asked));
          const answer = draft({ replyTo: seq, senderId: ben });
          const ack = ok(await append(answer));
          await acts.delete(group, ann, asked.id);
          expect(ok(await append(answer))).toEqual({ ...ack, duplicate: true });
        });

        it('in a private conversation gets its ack although a block stands now', async () => {
          await aCircle();
          const pair = await aPrivate(world, ann, ben);
          const first = draft({ conversationId: pair });
          const ack = ok(await append(first));
          await world.blocks.set(ben, ann, true);
          expect(ok(await append(first))).toEqual({ ...ack, duplicate: true });
        });
      });

      describe('a message id that is taken', () => {
        const same = [true, false] as const;
        it.each(
          same.flatMap((body) =>
            same.flatMap((sender) => same.map((conversation) => ({ body, sender, conversation }))),
          ),
        )(
          'same body: $body, same sender: $sender, same conversation: $conversation',
          async ({ body, sender, conversation }) => {
            await aCircle();
            const elsewhere = await aGroup(world, ann, [ben]);
            const first = draft({ text: 'a secret' });
            const ack = ok(await append(first));
            await stored(); // so that a new seq differs from the first one
            await stored({ conversationId: elsewhere });
            await stored({ conversationId: elsewhere });
            const before = [await head(group), await head(elsewhere)];
            const again = await send({
              id: first.id,
              text: body ? 'a secret' : 'another',
              senderId: sender ? ann : ben,
              conversationId: conversation ? group : elsewhere,
            });
            if (!conversation) {
              expect(ok(again)).toMatchObject({ seq: 4, rev: 4, duplicate: false });
            } else if (body && sender) {
              expect(ok(again)).toEqual({ ...ack, duplicate: true });
            } else {
              const { kind, rule, message, details } = refused(again);
              expect([kind, rule]).toEqual(['conflict', 'message_id_taken']);
              expect(`${message}${JSON.stringify(details)}`).not.toMatch(/secret|\d/);
            }
            if (conversation) expect([await head(group), await head(elsewhere)]).toEqual(before);
          },
        );

        it('tells a stranger and a former member nothing', async () => {
          await aCircle();
          const stranger = await world.aUser();
          const first = draft({ text: 'a secret' });
          ok(await append(first));
          await acts.remove(group, ann, ben);
          const unknown = await refusalOf(send({ conversationId: aConversationId() }));
          for (const senderId of [stranger, ben])
            for (const text of ['a secret', 'another'])
              expect(await refusalOf(send({ id: first.id, senderId, text }))).toEqual(unknown);
        });

        it('by two racing senders belongs to one of them', async () => {
          await aCircle();
          const id = aMessageId();
          const results = await Promise.all([ann, ben, ann, ben].map((senderId) => send({ id, senderId })));
          expect(results.filter((result) => result.ok)).toHaveLength(2);
          expect(results[0]!.ok).toBe(results[2]!.ok); // there are four
          expect(await logOf()).toHaveLength(2);
        });
      });

      describe('who may', () => {
        it('is nobody but members, and all others hear the same', async () => {
          await aCircle();
          const stranger = await world.aUser();
          const [removed, left] = [await world.aUser(), await world.aUser()];
          await acts.add(group, ann, [removed, left]);
          await acts.remove(group, ann, removed);
          await acts.leave(group, left);
          const before = await head();
          const heard = await Promise.all([
            ...[stranger, removed, left].map((senderId) => refusalOf(send({ senderId }))),
            refusalOf(send({ conversationId: aConversationId() })),
          ]);
          for (const one of heard) expect(one).toEqual(heard[0]);
          expect([heard[0]!.kind, heard[0]!.rule]).toEqual(['not_found', 'conversation_not_found']); // there are four
          expect(await head()).toBe(before);
        });

        it('is nobody once the conversation is deleted', async () => {
          await aCircle();
          await acts.deleteConversation(group, ann);
          expect(await refusal(send())).toEqual(['not_found', 'conversation_not_found']);
        });

        it('is every member whatever the role, and one who came back', async () => {
          await aCircle();
          await acts.changeRole(group, ann, ben, Role.Admin);
          await stored({ senderId: ben });
          await acts.remove(group, ann, ben);
          await acts.add(group, ann, [ben]);
          await stored({ senderId: ben });
        });

        it('is neither of two between whom a block stands, until it is lifted', async () => {
          await aCircle();
          const pair = await aPrivate(world, ann, ben);
          await stored({ conversationId: pair });
          await world.blocks.set(ben, ann, true);
          const before = await head(pair);
          for (const senderId of [ann, ben])
            expect(await refusal(send({ conversationId: pair, senderId }))).toEqual(['forbidden', 'blocked']);
          expect(await head(pair)).toBe(before);
          await world.blocks.set(ann, ben, true);
          await world.blocks.set(ben, ann, false);
          expect(await refusal(send({ conversationId: pair }))).toEqual(['forbidden', 'blocked']);
          await world.blocks.set(ann, ben, false);
          expect((await stored({ conversationId: pair })).rev).toBe(before + 1);
        });

        it('is both of them in a group', async () => {
          await aCircle();
          await world.blocks.set(ben, ann, true);
          await stored({ senderId: ann });
          await stored({ senderId: ben });
        });

        it('is decided at the lock: a send is stored before the removal or not at all', async () => {
          for (let round = 0; round < times(10, 500); round++) {
            await aCircle();
            const sends = Array.from({ length: 6 }, () => send({ senderId: ben }));
            const removal = acts.remove(group, ann, ben);
            sends.push(...Array.from({ length: 6 }, () => send({ senderId: ben })));
            const { rev } = (await removal)!.event;
            for (const result of await Promise.all(sends)) {
              if (result.ok) expect(result.rev).toBeLessThan(rev);
              else expect([result.refusal.kind, result.refusal.rule]).toEqual(['not_found', 'conversation_not_found']);
            }
            const after = (await logOf()).filter((entry) => entry.senderId === ben && entry.rev > rev);
            expect(after).toEqual([]);
            expect(await refusal(send({ senderId: ben }))).toEqual(['not_found', 'conversation_not_found']);
          }
        });

        it('is decided at the lock: a block that was set leaves no later send', async () => {
          await aCircle();
          const pair = await aPrivate(world, ann, ben);
          for (let round = 0; round < times(10, 500); round++) {
            const sends = Array.from({ length: 6 }, () => send({ conversationId: pair }));
            await world.blocks.set(ben, ann, true);
            const standing = await head(pair);
            for (const result of await Promise.all(sends)) {
              if (result.ok) expect(result.rev).toBeLessThanOrEqual(standing);
              else expect(result.refusal.rule).toBe('blocked');
            }
            expect(await head(pair)).toBe(standing);
            await world.blocks.set(ben, ann, false);
          }
        });
      });

      describe('an answer', () => {
        const gone = ['invalid', 'reply_to_unknown'];

        it('names a message that is there', async () => {
          await aCircle();
          const { seq } = await stored();
          await stored({ replyTo: seq, senderId: ben });
          await stored({ replyTo: 1 }); // a notice
          expect((await logOf()).map(({ replyTo }) => replyTo)).toEqual([undefined, undefined, 2, 1]);
        });

        it('to none, to a later one or to itself is refused with its path', async () => {
          await aCircle();
          await stored();
          for (const replyTo of [0, 3, 4, Number.MAX_SAFE_INTEGER])
            expect(await refusal(send({ replyTo }))).toEqual(gone);
          expect((await refusalOf(send({ replyTo: 9 }))).details?.[0]?.path).toBe('replyTo');
          expect(await head()).toBe(2);
        });

        it('to a deleted one is refused', async () => {
          await aCircle();
          const asked = draft();
          const { seq } = ok(await append(asked));
          await acts.delete(group, ann, asked.id);
          expect(await refusal(send({ replyTo: seq }))).toEqual(gone);
        });

        it('to one that its sender may not see is refused', async () => {
          [ann, ben] = [await world.aUser(), await world.aUser()];
          group = await aGroup(world, ann, [], { historyVisible: false });
          const { seq } = await stored();
          await acts.add(group, ann, [ben]);
          expect(await refusal(send({ replyTo: seq, senderId: ben }))).toEqual(gone);
          await stored({ replyTo: seq + 1, senderId: ben }); // the notice of their joining is the first they see
          await stored({ replyTo: seq, senderId: ann });
        });

        it('may follow what it answers in one breath', async () => {
          await aCircle();
          const [asked, answered] = await Promise.all([send(), settled(send()).then(() => send({ replyTo: 2 }))]);
          expect([ok(asked).seq, ok(answered).seq]).toEqual([2, 4]);
        });
      });
    });

    it('lets one that can not be stored harm no neighbour', async () => {
      await aCircle();
      const stranger = await world.aUser();
      const pair = await aPrivate(world, ann, ben);
      await world.blocks.set(ann, ben, true);
      const poison = { ...draft(), content: 'a\u0000b' as MessageText }; // no edge lets it in; the log must not rely on that
      const bad: readonly [() => Promise<AppendResult>, string][] = [
        [() => world.log.append(poison), 'invalid'],
        [() => send({ senderId: stranger }), 'not_found'],
        [() => send({ conversationId: aConversationId() }), 'not_found'],
        [() => send({ conversationId: pair }), 'forbidden'],
        [() => send({ replyTo: 4_000 }), 'invalid'],
      ];
      const results = await Promise.all(bad.flatMap(([make]) => [send(), make(), send(), make(), send()]));
      const refusals = results.flatMap((result) => (result.ok ? [] : [result.refusal.kind]));
      expect(refusals).toEqual(bad.flatMap(([, kind]) => [kind, kind]));
      expect(results.flatMap((result) => (result.ok ? [result.seq] : []))).toEqual(
        Array.from({ length: 15 }, (_, at) => at + 2),
      );
      expect(await head()).toBe(16);
    });

    describe('a conversation that somebody else holds', () => {
      it('stops no other, and is served in order when it is free', async () => {
        await aCircle();
        const elsewhere = await aGroup(world, ann);
        const release = await world.hold(group);
        const waiting = Array.from({ length: 20 }, (_, at) => send({ text: `${at}` }));
        let released = false;
        void Promise.race(waiting).then(() => expect(released).toBe(true));
        for (let at = 0; at < 20; at++) await stored({ conversationId: elsewhere });
        released = true;
        await release();
        expect((await Promise.all(waiting)).map((result) => ok(result).seq)).toEqual(waiting.map((_, at) => at + 2));
        expect(await refusal(send({ senderId: await world.aUser() }))).toEqual(['not_found', 'conversation_not_found']);
      });

      it('is served in order though it takes many round trips and more arrive meanwhile', async () => {
        const small = await open({ batchLimit: 4 });
        try {
          const senderId = await small.aUser();
          const conversationId = await aGroup(small, senderId);
          const elsewhere = await aGroup(small, senderId);
          const release = await small.hold(conversationId);
          const sends = Array.from({ length: 200 }, () => small.log.append(aDraft({ conversationId, senderId })));
          // It entered after them, so they have all been tried by now.
          ok(await small.log.append(aDraft({ conversationId: elsewhere, senderId })));
          await release();
          for (let more = 0; more < 100; more++) {
            sends.push(small.log.append(aDraft({ conversationId, senderId })));
            await new Promise(setImmediate);
          }
          const seqs = (await Promise.all(sends)).map((result) => ok(result).seq);
          expect(seqs).toEqual(sends.map((_, at) => at + 2));
        } finally {
          await small.close();
        }
      });

      it('is served in order though a message comes twice meanwhile, by another connection', async () => {
        await aCircle();
        const elsewhere = await aGroup(world, ann);
        const release = await world.hold(group);
        const twice = draft();
        const drafts = [draft(), draft(), twice, draft(), twice, draft(), draft()];
        const waiting = drafts.map((each) => world.log.append(each));
        // It entered after them, so they have all been tried by now.
        await stored({ conversationId: elsewhere });
        await release();
        const results = (await Promise.all(waiting)).map(ok);
        expect(results.map(({ seq }) => seq)).toEqual([2, 3, 4, 5, 4, 6, 7]);
        expect(results.map(({ duplicate }) => duplicate)).toEqual(drafts.map((_, at) => at === 4));
      });

      it('for too long is unavailable, and the same message may be sent again', async () => {
        const hasty = await open({ patienceMs: HASTY_MS });
        try {
          const senderId = await hasty.aUser();
          const conversationId = await aGroup(hasty, senderId);
          const lane = new SendLane();
          const device = (id: MessageId) => hasty.log.append(aDraft({ conversationId, senderId, id }), lane);
          const release = await hasty.hold(conversationId);
          const [m1, m2, m3] = [aMessageId(), aMessageId(), aMessageId()];
          const began = performance.now();
          const answers = await Promise.all([device(m1), device(m2)].map(refusalOf));
          expect(performance.now() - began).toBeLessThan(AN_ANSWER_MS);
          for (const { kind, retryAfterMs } of answers) {
            expect(kind).toBe('unavailable');
            expect(retryAfterMs).toBeGreaterThan(0);
          }
          await release();
          expect(await refusal(device(m3))).toEqual(['unavailable', 'order']);
          const again = (await Promise.all([device(m1), device(m2), device(m3)])).map(ok);
          expect(again.map(({ seq }) => seq)).toEqual([2, 3, 4]);
        } finally {
          await hasty.close();
        }
      });

      it('among many such leaves nobody without an answer', async () => {
        const hasty = await open({ patienceMs: HASTY_MS });
        try {
          const senderId = await hasty.aUser();
          const held = await Promise.all(Array.from({ length: 8 }, () => aGroup(hasty, senderId)));
          const elsewhere = await aGroup(hasty, senderId);
          const sent = (conversationId: ConversationId) => hasty.log.append(aDraft({ conversationId, senderId }));
          const releases = await Promise.all(held.map((id) => hasty.hold(id)));
          const began = performance.now();
          const answers = await Promise.all(held.map((conversationId) => refusalOf(sent(conversationId))));
          expect(performance.now() - began).toBeLessThan(AN_ANSWER_MS);
          expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['unavailable']));
          ok(await sent(elsewhere));
          for (const release of releases) await release();
          for (const conversationId of held) ok(await sent(conversationId));
        } finally {
          await hasty.close();
        }
      });
    });

    describe('bounds', () => {
      it('refuses what does not fit into the queue, at once, and holds the lane until that is sent again', async () => {
        await aCircle();
        const narrow = await open({ queueLimit: 2 });
        try {
          const mine = { ann: await narrow.aUser() };
          const conversationId = await aGroup(narrow, mine.ann);
          const lane = new SendLane();
          const make = (id = aMessageId()) => aDraft({ conversationId, senderId: mine.ann, id });
          const [m3, m4] = [make(), make()];
          const queued = [narrow.log.append(make(), lane), narrow.log.append(make(), lane)];
          const full = refused(await narrow.log.append(m3, lane));
          expect(full.kind).toBe('unavailable');
          expect(full.retryAfterMs).toBeGreaterThan(0);
          expect((await Promise.all(queued)).map((result) => ok(result).seq)).toEqual([2, 3]);

          expect(await refusal(narrow.log.append(m4, lane))).toEqual(['unavailable', 'order']);
          expect(ok(await narrow.log.append(make(), new SendLane())).seq, 'another lane is not held').toBe(4);
          expect(ok(await narrow.log.append(make())).seq, 'nor is one without a lane').toBe(5);
          const [again, next] = await Promise.all([narrow.log.append(m3, lane), narrow.log.append(m4, lane)]);
          expect([ok(again).seq, ok(next).seq]).toEqual([6, 7]);
        } finally {
          await narrow.close();
        }
      });

      it('answers what is in flight when it is closed, and nothing later', async () => {
        const closing = await open();
        const senderId = await closing.aUser();
        const conversationId = await aGroup(closing, senderId);
        const inFlight = Array.from({ length: 50 }, () => closing.log.append(aDraft({ conversationId, senderId })));
        let stored = 0;
        for (const sent of inFlight) void sent.then((result) => (stored += result.ok ? 1 : 0));
        const closed = closing.log.close();
        const late = refused(await closing.log.append(aDraft({ conversationId, senderId })));
        expect(late.kind).toBe('unavailable');
        expect(late.retryAfterMs).toBeGreaterThan(0);
        await closed;
        await new Promise(setImmediate); // an answer passes through a few promises
        expect(stored).toBe(50);
        await closing.log.close(); // a second call finds nothing to do
        await closing.close();
      });
    });
  });

const ok = (result: AppendResult): Appended => {
  if (!result.ok) throw result.refusal;
  return result;
};
const refused = (result: AppendResult) => {
  if (result.ok) throw new Error(`stored as ${result.seq}`);
  return result.refusal;
};
const refusalOf = async (pending: Promise<AppendResult>) => refused(await pending);
const refusal = async (pending: Promise<AppendResult>): Promise<readonly [string, string]> => {
  const { kind, rule } = await refusalOf(pending);
  return [kind, rule];
};
const settled = async (pending: Promise<AppendResult>): Promise<{ seq: Seq; rev: Rev }> => ok(await pending);
