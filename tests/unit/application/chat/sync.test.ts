import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Sync, type Synced, type SyncedConversation, type SyncLimits, syncLimits } from '#app/application/chat/sync.ts';
import type { ChangedRow } from '#app/application/ports/feed.ts';
import { Rev, Seq, Urev } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { aConversationId, Acts, aDraft, aGroup, aMemoryWorld, type ChatWorld } from '../../../support/chat-world.ts';
import { refuses } from '../../../support/refusals.ts';

type Cursors = readonly (readonly [ConversationId, number])[];
type Answered = Extract<SyncedConversation, { rows: unknown }>;

describe('Sync', () => {
  let world: ChatWorld;
  let acts: Acts;
  let ann: UserId;
  let ben: UserId;
  let epoch: string;
  beforeEach(async () => {
    world = await aMemoryWorld();
    acts = new Acts(world.conversations);
    [ann, ben] = [await world.aUser(), await world.aUser()];
    epoch = await world.feed.epoch();
  });

  const ask = (cursors: Cursors, next?: string, limits: Partial<SyncLimits> = {}, urev = 0): Promise<Synced> =>
    new Sync(world.feed, { ...syncLimits, ...limits }).execute({
      ...{ userId: ben, epoch, urev: Urev(urev), next },
      cursors: cursors.map(([id, rev]) => [id, Rev(rev)] as const),
    });
  /** All replies until it has caught up. */
  const askAll = async (cursors: Cursors, limits: Partial<SyncLimits>, urev = 0): Promise<readonly Synced[]> => {
    const replies: Synced[] = [];
    for (let next: string | undefined; ; ) {
      const reply = await ask(cursors, next, limits, urev);
      replies.push(reply);
      expect(reply.caughtUp).toBe(reply.next === undefined);
      next = reply.next;
      if (next === undefined) return replies;
      expect(replies.length).toBeLessThan(1_000);
    }
  };
  const send = (id: ConversationId, text = 'hello') =>
    world.log.append(aDraft({ conversationId: id, senderId: ann, text }));
  const sendMany = async (id: ConversationId, count: number, text?: string) => {
    for (let n = 0; n < count; n++) await send(id, text);
  };
  const answered = (reply: Synced, id: ConversationId) =>
    reply.conversations.find((one): one is Answered => one.id === id && 'rows' in one);
  const revs = (rows: readonly ChangedRow[] = []) => rows.map(({ rev }) => rev);

  describe('pages', () => {
    const bounds = fc.record({
      rows: fc.integer({ min: 1, max: 20 }),
      bytes: fc.constantFrom(1, 600, 2_000, 48 * 1_024),
      conversations: fc.integer({ min: 1, max: 4 }),
    });

    it('of whatever size hold together what one large one holds, each row once, by rev', async () => {
      const ids = [await aGroup(world, ann, [ben]), await aGroup(world, ann, [ben]), await aGroup(world, ann, [ben])];
      for (const [n, id] of ids.entries()) await sendMany(id, 4 + 5 * n);
      await acts.update(ids[1]!, ann, { title: 'Another' }); // there are three
      const cursors = ids.map((id, n) => [id, n] as const);
      const whole = await ask(cursors);
      await fc.assert(
        fc.asyncProperty(bounds, async (limits) => {
          const replies = await askAll(cursors, limits);
          for (const id of ids) {
            const parts = replies.flatMap((reply) => answered(reply, id) ?? []);
            expect(parts.flatMap(({ rows }) => rows)).toEqual(answered(whole, id)?.rows);
            expect(parts.map(({ more }) => more)).toEqual(parts.map((_, n) => n < parts.length - 1));
            expect(new Set(parts.map(({ upTo }) => upTo)).size).toBe(1);
          }
        }),
        { numRuns: 60 },
      );
    });

    it('never part the rows of one rev', async () => {
      const id = await aGroup(world, ann, [ben]);
      const users = await Promise.all(Array.from({ length: 30 }, () => world.aUser()));
      await acts.add(id, ann, users); // 31 rows at rev 2
      await send(id);
      const replies = await askAll([[id, 1]], { rows: 3 });
      expect(replies.map((reply) => revs(answered(reply, id)?.rows))).toEqual([
        Array.from({ length: 31 }, () => 2),
        [3],
      ]);
    });

    it('end at the heads of the first page, however much happens between', async () => {
      const id = await aGroup(world, ann, [ben]);
      await sendMany(id, 9);
      let reply = await ask([[id, 0]], undefined, { rows: 4 });
      const seen = revs(answered(reply, id)?.rows);
      while (reply.next !== undefined) {
        await send(id);
        reply = await ask([[id, 0]], reply.next, { rows: 4 });
        expect(answered(reply, id)?.upTo).toBe(10);
        seen.push(...revs(answered(reply, id)?.rows));
      }
      expect(Math.max(...seen)).toBe(10);
    });

    it('skip what changed since: it comes as an event, for its rev is beyond', async () => {
      const id = await aGroup(world, ann, [ben]);
      await sendMany(id, 4); // rev 2 to 5
      const last = aDraft({ conversationId: id, senderId: ann });
      await world.log.append(last); // rev 6
      const first = await ask([[id, 1]], undefined, { rows: 2 });
      await acts.edit(id, ann, last.id, 'other'); // rev 7
      const rest = await askAllFrom([[id, 1]], first.next, { rows: 2 });
      expect([first, ...rest].flatMap((reply) => revs(answered(reply, id)?.rows))).toEqual([2, 3, 4, 5]);
      expect(answered(rest.at(-1)!, id)).toMatchObject({ upTo: 6, more: false }); // there was a next
    });

    const askAllFrom = async (cursors: Cursors, next: string | undefined, limits: Partial<SyncLimits>) => {
      const replies: Synced[] = [];
      for (let at = next; at !== undefined; at = replies.at(-1)?.next) replies.push(await ask(cursors, at, limits));
      return replies;
    };

    it('weigh what they carry: few long texts fill one as many short ones do', async () => {
      const id = await aGroup(world, ann, [ben]);
      await sendMany(id, 6, 'x'.repeat(5_000));
      const replies = await askAll([[id, 1]], { bytes: 20_000 });
      expect(replies.map((reply) => answered(reply, id)?.rows.length)).toEqual([2, 2, 2]);
    });

    it('of one’s own rows come first, and conversations after them', async () => {
      const ids = await Promise.all(Array.from({ length: 300 }, () => aGroup(world, ann, [ben])));
      const replies = await askAll([[ids[0]!, 0]], { rows: 250 }); // there are 300
      expect(replies.map(({ user }) => user?.rows.length)).toEqual([250, 50]);
      expect(replies.map(({ user }) => [user?.upTo, user?.more])).toEqual([
        [250, true],
        [300, false],
      ]);
      expect(replies.map(({ conversations }) => conversations.length)).toEqual([0, 1]);
    });

    it('look at a bounded number of conversations, though none of them changed', async () => {
      const ids = await Promise.all(Array.from({ length: 7 }, () => aGroup(world, ann, [ben])));
      const replies = await askAll(
        ids.map((id) => [id, 1] as const),
        { conversations: 3 },
        7,
      );
      expect(replies.map(({ conversations }) => conversations.map(({ id }) => id))).toEqual([
        ids.slice(0, 3),
        ids.slice(3, 6),
        ids.slice(6),
      ]);
    });
  });

  describe('too much', () => {
    it.each([
      [10, false],
      [11, true],
    ])('is told by rows, not by revs: %i rows are a gap: %s', async (rows, gap) => {
      const id = await aGroup(world, ann, [ben]);
      await sendMany(id, rows);
      const one = aDraft({ conversationId: id, senderId: ann });
      const [reply] = (await ask([[id, 1]], undefined, { gap: 10 })).conversations;
      expect(reply).toMatchObject(gap ? { gap: true, upTo: rows + 1 } : { more: false });
      expect(one).toBeDefined();
    });

    it('is not a hundred edits of one message', async () => {
      const id = await aGroup(world, ann, [ben]);
      const one = aDraft({ conversationId: id, senderId: ann });
      await world.log.append(one);
      for (let n = 0; n < 100; n++) await acts.edit(id, ann, one.id, `edit ${n}`);
      const reply = await ask([[id, 1]], undefined, { gap: 10 });
      expect(revs(answered(reply, id)?.rows)).toEqual([102]);
    });
  });

  it('of another history is a reset of everything', async () => {
    const id = await aGroup(world, ann, [ben]);
    epoch = 'another';
    expect(await ask([[id, 1]], undefined, {}, 5)).toEqual({
      ...{ epoch: await world.feed.epoch(), reset: true, conversations: [], next: undefined, caughtUp: true },
      user: { upTo: 1, rows: [], more: false, reset: true },
    });
  });

  it('tells for each cursor what it is worth', async () => {
    const [kept, future, left, again] = await Promise.all([1, 2, 3, 4].map(() => aGroup(world, ann, [ben])));
    const strangers = await aGroup(world, ann);
    await acts.remove(left!, ann, ben); // there are four
    await acts.remove(again!, ann, ben); // as above
    await acts.add(again!, ann, [ben]); // rev 3
    const nowhere = aConversationId();
    const { conversations } = await ask([
      ...([
        [kept!, 1],
        [future!, 2],
        [left!, 1],
        [again!, 1],
        [strangers, 1],
        [nowhere, 1],
      ] as const), // as above
    ]);
    expect(conversations).toEqual([
      { id: kept, upTo: 1, rows: [], more: false },
      { id: future, reset: true, upTo: 1 },
      { id: left, gone: true },
      { id: again, reset: true, upTo: 3 },
      { id: strangers, gone: true },
      { id: nowhere, gone: true },
    ]);
  });

  it('begins at the start with a cursor of 0, and with that of the joining', async () => {
    const id = await aGroup(world, ann);
    await acts.add(id, ann, [ben]); // rev 2
    await send(id); // rev 3
    for (const [cursor, expected] of [
      [0, [1, 1, 1, 2, 2, 3]],
      [2, [3]],
    ] as const)
      expect(revs(answered(await ask([[id, cursor]]), id)?.rows)).toEqual(expected);
  });

  it('shows nothing from before one’s time, in whatever page', async () => {
    const id = await aGroup(world, ann, [], { historyVisible: false });
    await sendMany(id, 5, 'a secret');
    await acts.add(id, ann, [ben]); // rev 7, seq 7
    await send(id);
    const replies = await askAll([[id, 0]], { rows: 1 });
    const messages = replies.flatMap((reply) =>
      (answered(reply, id)?.rows ?? []).flatMap((row) => (row.kind === 'message' ? [row.message.seq] : [])),
    );
    expect(messages).toEqual([Seq(7), Seq(8)]);
  });

  it.each(['', '1', '0.0', '0.0.0.0', '1.0.0', '-2.0.0', '0.-1.0', '0.5.4', '0.0.x', '0.0.1e400', '0.1.5.', 'NaN.0.0'])(
    'refuses a `next` that it never gave: %j',
    async (next) => {
      const id = await aGroup(world, ann, [ben]);
      await refuses(ask([[id, 0]], next), 'invalid', 'bad_next');
    },
  );

  it('that is forged shows nothing that an honest one would not', async () => {
    const id = await aGroup(world, ann, [], { historyVisible: false });
    await sendMany(id, 3, 'a secret');
    await acts.add(id, ann, [ben]);
    await send(id);
    await acts.remove(id, ann, ben);
    expect((await ask([[id, 0]], '0.0.99')).conversations).toEqual([{ id, gone: true }]);
    await acts.add(id, ann, [ben]);
    const forged = await ask([[id, 0]], '0.0.99');
    expect(JSON.stringify(forged)).not.toContain('a secret');
  });
});
