import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshFetch, heldBy } from '../support/fresh-fetch.ts';
import { ReferenceClient } from '../support/reference-client.ts';
import { eventually } from '../support/raw-socket.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { times } from '../support/scale.ts';
import { eventOf, flushed, heardOf, wordsOf } from '../support/told.ts';
import { untilAvailable } from '../support/until-available.ts';
import type { WsClient } from '../support/ws-client.ts';

describe('groups', () => {
  const secret = randomBytes(32).toString('hex');
  let server: RunningServer;
  let ann: TestUser;
  let ben: TestUser;
  let cleo: TestUser;
  let annPhone: WsClient;
  let benPhone: WsClient;
  let cleoPhone: WsClient;

  beforeAll(async () => {
    server = await RunningServer.start({ settings: { JWT_SECRET: secret, LIMIT_PING_SECONDS: '300' } });
  });
  beforeEach(async () => {
    [ann, ben, cleo] = (await server.users(3)) as [TestUser, TestUser, TestUser];
    [annPhone, benPhone, cleoPhone] = (await Promise.all([ann, ben, cleo].map((user) => server.connectAs(user)))) as [
      WsClient,
      WsClient,
      WsClient,
    ];
  });

  const send = (conversationId: string, content: string, by = ann) =>
    server.as(by, 'message.send', { conversationId, id: v7(), content });
  /** The entries of the server in the log, as somebody reads it. */
  const notices = async (user: TestUser, conversationId: string) =>
    ((await server.as(user, 'message.history', { conversationId }))['messages'] as { type: string; content: unknown }[])
      .filter(({ type }) => type === 'system')
      .map(({ content }) => content);

  it('begin, grow, change and shrink under everybody’s eyes, each change one rev with the entry that tells it', async () => {
    const id = v7();
    const create = { id, title: 'Tuesdays', users: [ben.userId] };
    const [first, again] = [
      await annPhone.call('conversation.create', create),
      await annPhone.call('conversation.create', create),
    ];
    expect(first.data).toMatchObject({ rev: 1, seq: 1, memberCount: 2, role: 'owner' });
    expect(again.data).toEqual(first.data);
    await eventOf(benPhone, 'membership.joined', id);

    const ask = async (client: WsClient, type: string, input: object) => {
      const reply = await client.call(type, { conversationId: id, ...input });
      expect(reply.error, type).toBeUndefined();
    };
    await ask(annPhone, 'member.add', { users: [cleo.userId] });
    await eventOf(cleoPhone, 'membership.joined', id);
    await ask(annPhone, 'member.set_role', { userId: cleo.userId, role: 'admin' });
    await ask(cleoPhone, 'conversation.update', { title: 'Wednesdays' });
    await ask(cleoPhone, 'member.remove', { userId: ben.userId });
    await ask(cleoPhone, 'conversation.leave', {});
    await eventOf(annPhone, 'member.removed', id, 6);
    await flushed(annPhone, benPhone, cleoPhone);

    const all = [
      ...['conversation.created 1', 'member.added 2', 'member.changed 3', 'conversation.changed 4'],
      ...['member.removed 5', 'member.removed 6'],
    ];
    expect(heardOf(annPhone, id)).toEqual(all.slice(1)); // of its beginning, the reply and `membership.joined` tell
    expect(heardOf(benPhone, id)).toEqual(all.slice(1, 4));
    expect(heardOf(cleoPhone, id)).toEqual(all.slice(2, 5));
    for (const client of [benPhone, cleoPhone])
      expect((await eventOf(client, 'membership.left', id)).membership?.member).toBe(false);
    expect(await notices(ann, id)).toEqual([
      { event: 'conversation.created' },
      { event: 'members.added', users: [cleo.userId] },
      { event: 'member.role_changed', user: cleo.userId, role: 'admin' },
      { event: 'conversation.renamed', title: 'Wednesdays' },
      { event: 'member.removed', user: ben.userId },
      { event: 'member.left', user: cleo.userId },
    ]);
    const { conversations } = await server.as(ben, 'conversation.list', {});
    expect(conversations).toEqual([]);
  });

  it('end for everybody at once', async () => {
    const id = await server.aGroup(ann, [ben]);
    await eventOf(benPhone, 'membership.joined', id);
    await server.as(ann, 'conversation.delete', { conversationId: id });
    for (const client of [annPhone, benPhone]) await eventOf(client, 'membership.left', id);
    for (const user of [ann, ben]) {
      expect((await server.as(user, 'conversation.list', {}))['conversations']).toEqual([]);
      await expect(server.as(user, 'message.history', { conversationId: id })).rejects.toThrow('not_found');
    }
  });

  it('keep an owner', async () => {
    const id = await server.aGroup(ann, [ben]);
    const leave = () => server.as(ann, 'conversation.leave', { conversationId: id });
    await expect(leave()).rejects.toThrow('conflict last_owner');
    await server.as(ann, 'member.set_role', { conversationId: id, userId: ben.userId, role: 'owner' });
    await leave();
    await expect(send(id, 'still here?')).rejects.toThrow('not_found');
  });

  describe('whose history is hidden', () => {
    it('show who joins late nothing old: no words, no edit, no answer that quotes; the counters run on', async () => {
      const id = await server.aGroup(ann, [ben], { historyVisible: false });
      const old = v7();
      await server.as(ann, 'message.send', { conversationId: id, id: old, content: 'a secret' });
      await server.as(ann, 'member.add', { conversationId: id, users: [cleo.userId] }); // rev 3, seq 3
      const { membership } = await eventOf(cleoPhone, 'membership.joined', id);
      expect(membership).toMatchObject({ firstSeq: 3 });
      await send(id, 'welcome'); // rev 4
      await server.as(ann, 'message.edit', { conversationId: id, id: old, content: 'a secret, edited' }); // rev 5
      await server.as(ann, 'message.delete', { conversationId: id, id: old }); // rev 6
      await send(id, 'bye'); // rev 7
      await eventOf(cleoPhone, 'message.created', id, 7);
      await eventOf(benPhone, 'message.created', id, 7);
      expect(heardOf(benPhone, id).slice(-4)).toEqual([
        ...['message.created 4', 'message.edited 5', 'message.deleted 6', 'message.created 7'],
      ]);
      expect(heardOf(cleoPhone, id)).toEqual([
        ...['message.created 4', 'conversation.advanced 5', 'conversation.advanced 6', 'message.created 7'],
      ]);
      expect((await eventOf(cleoPhone, 'conversation.advanced', id, 5)).seq).toBe(2);
      expect(JSON.stringify(cleoPhone.events)).not.toContain('a secret');
      const seen = await server.as(cleo, 'message.history', { conversationId: id, before: 3 });
      expect(seen['messages']).toEqual([]);
      await expect(
        server.as(cleo, 'message.send', { conversationId: id, id: v7(), content: 'what was it?', replyTo: 2 }),
      ).rejects.toThrow('reply_to_unknown');
    });

    it('tell members of different times only what concerns each', async () => {
      const id = await server.aGroup(ann, [], { historyVisible: false });
      const add = (user: TestUser) => server.as(ann, 'member.add', { conversationId: id, users: [user.userId] });
      await add(ben); // rev 2, seq 2
      await eventOf(benPhone, 'membership.joined', id);
      const middle = v7();
      await server.as(ann, 'message.send', { conversationId: id, id: middle, content: 'between the two' }); // rev 3, seq 3
      await add(cleo); // rev 4, seq 4
      await eventOf(cleoPhone, 'membership.joined', id);
      const device = new ReferenceClient(ben.userId, ben.token);
      await device.connect(server.ws);
      await server.as(ann, 'message.edit', { conversationId: id, id: middle, content: 'for Ben' }); // rev 5
      await send(id, 'after'); // rev 6
      await eventOf(cleoPhone, 'message.created', id, 6);
      await eventually(() => device.held.get(id)?.cursor === 6 && device.calm, 'the device is at the head');
      // Ben may see it and is told to look; Cleo may not, and only counts.
      expect(heldBy(device)).toEqual(await freshFetch(server, ben));
      expect(device.held.get(id)?.log.map(({ content }) => content)).toContain('for Ben');
      expect(JSON.stringify(cleoPhone.events)).not.toContain('for Ben');
      expect(device.met.advanced).toBe(0);
      expect(device.met.syncs).toBeGreaterThan(0); // again, if its answer came later than what follows was waited for
      device.drop();
    });
  });

  describe('who was removed', () => {
    it('hears nothing more on any device, and is told so', async () => {
      const id = await server.aGroup(ann, [ben]);
      const benLaptop = await server.connectAs(ben);
      await send(id, 'before');
      await server.as(ann, 'member.remove', { conversationId: id, userId: ben.userId });
      await send(id, 'behind your back');
      await eventOf(annPhone, 'message.created', id, 4);
      for (const client of [benPhone, benLaptop]) {
        expect((await eventOf(client, 'membership.left', id)).membership).toMatchObject({ member: false });
        await flushed(client);
        expect(wordsOf(client, id)).toEqual(['before']);
        for (const type of ['message.history', 'conversation.get', 'member.list'])
          expect((await client.call(type, { conversationId: id })).error?.code).toBe('not_found');
      }
    });

    it('hears all that he may and nothing else, in a thousand rounds of removal among sends', {
      timeout: 300_000,
    }, async () => {
      const id = await server.aGroup(ann, [ben, cleo]);
      await Promise.all([benPhone, cleoPhone].map((client) => eventOf(client, 'membership.joined', id)));
      let again = false;
      const ask = async (client: WsClient, type: string, input: object) => {
        const call = () => client.call(type, { conversationId: id, ...input });
        const { error } = await untilAvailable(call, (reply) => {
          again ||= reply.error?.code === 'unavailable';
          return reply.error?.code;
        });
        if (!again) expect(error).toBeUndefined(); // what was asked again may have happened the first time
      };
      const say = (client: WsClient) => ask(client, 'message.send', { id: v7(), content: 'words' });
      for (let round = 0; round < times(1_000, 100_000); round++) {
        await Promise.all([
          say(cleoPhone),
          ask(annPhone, 'member.remove', { userId: ben.userId }),
          say(cleoPhone),
          say(annPhone),
          ask(annPhone, 'member.add', { users: [ben.userId] }),
          say(annPhone),
        ]);
        if (again) await ask(annPhone, 'member.add', { users: [ben.userId] }); // he may have been removed after he was taken back
        again = false;
      }
      const log: { rev: number; content: { event?: string } }[] = [];
      for (let more = true; more; ) {
        const page = await server.as(ann, 'message.history', { conversationId: id, after: log.length, limit: 100 });
        log.push(...(page['messages'] as typeof log));
        more = page['more'] as boolean;
      }
      const revsOf = (event: string) => log.flatMap(({ rev, content }) => (content.event === event ? [rev] : []));
      const [left, back] = [revsOf('member.removed'), revsOf('members.added')];
      const wasAway = (rev: number) => left.some((from, round) => rev >= from && rev <= back[round]!); // one of each a round
      await benPhone.until(({ data }) => data['rev'] === log.length || data['upTo'] === log.length);
      await flushed(benPhone);
      const told = benPhone.events.filter(({ data }) => data['conversationId'] === id);
      const single = told.flatMap(({ data }) => (typeof data['rev'] === 'number' ? [data['rev']] : []));
      // On a busy machine an event may come so late that the node reads back what it could not wait for.
      const repairs = told
        .filter(({ type }) => type === 'conversation.changes')
        .map(({ data }) => data as { from: number; upTo: number });
      expect(single.filter(wasAway)).toEqual([]);
      expect(repairs.filter(({ upTo }) => wasAway(upTo))).toEqual([]);
      expect(single).toEqual([...new Set(single)].toSorted((a, b) => a - b));
      // Nor is it without a word where one who was taken back is subscribed only after that: they are asked to catch up to there.
      const asked = told.flatMap(({ data }, at) => {
        const { from, upTo, rows } = data as { from?: number; upTo?: number; rows?: readonly unknown[] };
        if (upTo === undefined || from !== upTo || rows?.length !== 0) return [];
        const before = told.slice(0, at).map(({ data: earlier }) => Number(earlier['rev'] ?? earlier['upTo'] ?? 0));
        return [{ from: Math.max(0, ...before), upTo }];
      });
      const missed = log.map(({ rev }) => rev).filter((rev) => rev > 1 && !wasAway(rev) && !single.includes(rev));
      const holes = missed.filter((rev) => ![...repairs, ...asked].some(({ from, upTo }) => rev > from && rev <= upTo));
      const around = told.filter(({ data }) => Math.abs(Number(data['rev'] ?? data['upTo']) - (holes[0] ?? 0)) < 20);
      expect(holes, JSON.stringify(around)).toEqual([]);
    });

    describe('on a node that never heard of it', () => {
      let other: RunningServer;
      let annThere: WsClient;
      let benThere: WsClient;
      let id: string;
      beforeEach(async () => {
        other = await RunningServer.start({ settings: { JWT_SECRET: secret }, databaseUrl: server.databaseUrl });
        id = await server.aGroup(ann, [ben], { historyVisible: false });
        [annThere, benThere] = [await other.connectAs(ann), await other.connectAs(ben)];
        return () => other.stop();
      });
      const remove = () => server.as(ann, 'member.remove', { conversationId: id, userId: ben.userId });
      const add = () => server.as(ann, 'member.add', { conversationId: id, users: [ben.userId] });
      const sendThere = (content: string) =>
        other.as(ann, 'message.send', { conversationId: id, id: v7(), content }) as Promise<{ rev: number }>;

      it('hears nothing there either', async () => {
        await remove(); // rev 2, told on the first node alone
        await sendThere('behind your back'); // rev 3
        const repair = await annThere.until(({ type }) => type === 'conversation.changes');
        expect(repair.data).toMatchObject({ conversationId: id, from: 1, upTo: 3 });
        await sendThere('and again');
        await eventOf(annThere, 'message.created', id, 4);
        await flushed(benThere);
        expect(benThere.events.filter(({ data }) => data['conversationId'] === id)).toEqual([]);
      });

      // The row of a member who came back says nothing of the time between.
      it.each([
        ['a few', 3],
        ['more than a repair tells at once', 600],
      ])('hears nothing of the time between when they were taken back: %s messages', async (_many, between) => {
        const secrets = Array.from({ length: between }, () => v7());
        await remove();
        await Promise.all(
          secrets.map((one) =>
            server.as(ann, 'message.send', { conversationId: id, id: one, content: 'behind your back' }),
          ),
        );
        await add();
        const { rev } = await sendThere('welcome back');
        await annThere.until(({ type, data }) => type === 'conversation.changes' && data['upTo'] === rev);
        const edited = await other.as(ann, 'message.edit', {
          conversationId: id,
          id: secrets[0],
          content: 'behind your back, edited',
        });
        await eventOf(annThere, 'message.edited', id, (edited['message'] as { rev: number }).rev);
        await flushed(benThere);
        expect(JSON.stringify(benThere.events)).not.toContain('behind your back');
        await sendThere('all present');
        await eventOf(benThere, 'message.created', id, rev + 2);
      });
    });
  });
});
