import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { PRESENCE_GRACE_MS } from '#app/domain/connection/presence.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { aRedis } from '../support/services.ts';
import type { WsClient } from '../support/ws-client.ts';

/** With a machine that does much else; longer than typing lasts. */
const PATIENCE = { timeout: 20_000, interval: 200 };

interface Row {
  readonly userId: string;
  readonly status: string;
  readonly lastSeen?: string;
}

const watched = async (client: WsClient, ...users: readonly TestUser[]): Promise<readonly Row[]> => {
  const reply = await client.call('presence.watch', { users: users.map(({ userId }) => userId) });
  return (reply.data?.['users'] ?? reply.error) as readonly Row[];
};
const rowsHeard = (client: WsClient): readonly Row[] =>
  client.events.filter(({ type }) => type === 'presence.changed').flatMap(({ data }) => data['users'] as Row[]);
/** Resolves with the row by which the client heard of it. */
const told = async (client: WsClient, user: TestUser, status: string, deadlineMs = PATIENCE.timeout): Promise<Row> => {
  const row = () => rowsHeard(client).findLast(({ userId }) => userId === user.userId);
  await client.until(() => row()?.status === status, deadlineMs);
  return row()!; // it is there
};
const goAway = (client: WsClient) => client.socket.close(1000);

describe.each(['alone', 'on two nodes'])('presence, %s', (how) => {
  let here: RunningServer;
  /** Where Ben connects. */
  let there: RunningServer;
  beforeAll(async () => {
    if (how === 'alone') return void (there = here = await RunningServer.start());
    const redis = await aRedis();
    const settings = {
      REDIS_URL: redis.url,
      REDIS_PREFIX: redis.prefix.replaceAll(':', ''),
      JWT_SECRET: randomBytes(32).toString('base64url'),
    };
    here = await RunningServer.start({ settings });
    there = await RunningServer.start({ settings, databaseUrl: here.databaseUrl });
  });
  const aPair = async () => {
    const [ann, ben] = (await here.users(2)) as [TestUser, TestUser];
    const { conversation } = await here.as(ann, 'conversation.open_private', { userId: ben.userId });
    return { ann, ben, conversationId: (conversation as { id: string }).id };
  };
  /** Typing is a word that may be lost, under load it is; who types says it again. */
  const types = async (client: WsClient, conversationId: string, heard: () => boolean) => {
    for (const until = performance.now() + 15_000; !heard() && performance.now() < until; await pause(300)) {
      await client.call('typing', { conversationId, active: false });
      await client.call('typing', { conversationId, active: true });
    }
    expect(heard()).toBe(true);
  };
  const typists = (client: WsClient) =>
    client.events.filter(({ type }) => type === 'typing.changed').map(({ data }) => data['users'] as string[]);

  it.concurrent('shows who comes, is idle, and leaves for good', async ({ expect }) => {
    const { ann, ben } = await aPair();
    const anns = await here.connectAs(ann);
    expect(await watched(anns, ben)).toEqual([{ userId: ben.userId, status: 'offline' }]);
    const [phone, laptop] = [await there.connectAs(ben), await there.connectAs(ben)];
    await told(anns, ben, 'online');
    await phone.call('presence.set', { status: 'away' });
    await laptop.call('presence.set', { status: 'away' });
    await told(anns, ben, 'away');
    await laptop.call('presence.set', { status: 'online' });
    await told(anns, ben, 'online');
    goAway(laptop);
    await told(anns, ben, 'away');
    expect(await watched(anns, ben)).toEqual([{ userId: ben.userId, status: 'away' }]);

    const left = Date.now();
    goAway(phone);
    const { lastSeen } = await told(anns, ben, 'offline', PRESENCE_GRACE_MS + PATIENCE.timeout);
    expect(Date.now() - left).toBeGreaterThan(PRESENCE_GRACE_MS - 100);
    expect(Math.abs(Date.parse(lastSeen!) - left)).toBeLessThan(2_000);
    expect(await watched(anns, ben)).toEqual([{ userId: ben.userId, status: 'offline', lastSeen }]);

    await here.post('user.update', { lastSeenVisible: false }, ben);
    expect(await watched(anns, ben)).toEqual([{ userId: ben.userId, status: 'offline' }]);
  });

  it.concurrent('does not flap when somebody comes back in time', async ({ expect }) => {
    const { ann, ben } = await aPair();
    const bens = await there.connectAs(ben);
    const anns = await here.connectAs(ann);
    await expect.poll(() => watched(anns, ben), PATIENCE).toMatchObject([{ status: 'online' }]);
    goAway(bens);
    await pause(1_500);
    await here.connectAs(ben); // on the other node, where there are two
    await pause(PRESENCE_GRACE_MS + 1_500);
    // that they are there may be told while the question is answered
    expect(rowsHeard(anns).map(({ status }) => status)).not.toContain('offline');
  });

  it.concurrent('shows nobody to strangers, and ends with the last conversation or a block', async ({ expect }) => {
    const [ann, ben] = (await here.users(2)) as [TestUser, TestUser];
    const anns = await here.connectAs(ann);
    await there.connectAs(ben);
    expect(await watched(anns, ben)).toEqual([{ userId: ben.userId, status: 'offline' }]);
    const conversationId = await here.aGroup(ann, [ben]);
    await told(anns, ben, 'online');
    await there.as(ann, 'member.remove', { conversationId, userId: ben.userId });
    expect(await told(anns, ben, 'offline')).toEqual({ userId: ben.userId, status: 'offline' });
    await there.as(ann, 'member.add', { conversationId, users: [ben.userId] });
    await told(anns, ben, 'online');
    await there.as(ben, 'block.set', { userId: ann.userId, blocked: true });
    await told(anns, ben, 'offline');
    expect(await watched(anns, ben)).toEqual([{ userId: ben.userId, status: 'offline' }]);
    await there.as(ben, 'block.set', { userId: ann.userId, blocked: false });
    await told(anns, ben, 'online');
  });

  it.concurrent('replaces the set, and tells nothing of who is not in it any more', async ({ expect }) => {
    const { ann, ben } = await aPair();
    const anns = await here.connectAs(ann);
    await watched(anns, ben);
    expect(await watched(anns)).toEqual([]);
    const bens = await there.connectAs(ben);
    await expect.poll(() => watched(bens, ben), PATIENCE).toEqual([{ userId: ben.userId, status: 'online' }]);
    await pause(1_500);
    expect(rowsHeard(anns)).toEqual([]);
  });

  it.concurrent('tells who types to who looks, until they stop or are silent', async ({ expect }) => {
    const { ann, ben, conversationId } = await aPair();
    const [anns, annsOther, bens] = [await here.connectAs(ann), await here.connectAs(ann), await there.connectAs(ben)];
    expect((await anns.call('focus', { conversationId })).ok).toBe(true);
    await types(bens, conversationId, () => typists(anns).at(-1)?.[0] === ben.userId);
    await bens.call('typing', { conversationId, active: false });
    await anns.until(() => typists(anns).at(-1)?.length === 0, PATIENCE.timeout); // if the word was lost, it expires
    await types(bens, conversationId, () => typists(anns).at(-1)?.[0] === ben.userId);
    // Who comes to look is told, while it lasts; if that word was lost, they look again, and if it is over, once it has begun anew.
    const looks = async () => {
      await annsOther.call('focus', { conversationId: null });
      if (typists(anns).at(-1)?.length === 0)
        await types(bens, conversationId, () => typists(anns).at(-1)?.[0] === ben.userId);
      await annsOther.call('focus', { conversationId });
      return typists(annsOther).some(([who]) => who === ben.userId);
    };
    await expect.poll(looks, PATIENCE).toBe(true);
    await anns.until(() => typists(anns).at(-1)?.length === 0, PATIENCE.timeout);
    await anns.call('focus', { conversationId: null });
    const before = typists(anns).length;
    await types(bens, conversationId, () => typists(annsOther).at(-1)?.[0] === ben.userId);
    expect(typists(anns)).toHaveLength(before);
  });

  it.concurrent('tells no typing over a block, nor to who was removed', async ({ expect }) => {
    const { ann, ben, conversationId } = await aPair();
    const [anns, bens] = [await here.connectAs(ann), await there.connectAs(ben)];
    await anns.call('focus', { conversationId });
    await types(bens, conversationId, () => typists(anns).length > 0);
    await anns.until(() => typists(anns).at(-1)?.length === 0, PATIENCE.timeout);
    await here.as(ann, 'block.set', { userId: ben.userId, blocked: true });
    const group = await here.aGroup(ann, []);
    // Once word of the block has crossed from node to node.
    const toldOfTyping = async () => {
      const before = typists(anns).length;
      for (const active of [true, false, true]) await bens.call('typing', { conversationId, active });
      await pause(1_500);
      return typists(anns).length - before;
    };
    await expect.poll(toldOfTyping, PATIENCE).toBe(0);

    const [cleo, dora] = (await here.users(2)) as [TestUser, TestUser];
    await here.as(ann, 'member.add', { conversationId: group, users: [cleo.userId, dora.userId] });
    const [cleos, doras] = [await here.connectAs(cleo), await there.connectAs(dora)];
    await cleos.call('focus', { conversationId: group });
    await anns.call('focus', { conversationId: group });
    await types(doras, group, () => typists(cleos).length > 0);
    await here.as(ann, 'member.remove', { conversationId: group, userId: cleo.userId });
    await cleos.until(({ type }) => type === 'membership.left');
    const heard = typists(cleos).length; // the last words before it may have come late
    const byAnn = typists(anns).length;
    await types(doras, group, () => typists(anns).length > byAnn + 1);
    expect(typists(cleos)).toHaveLength(heard);
    expect((await cleos.call('typing', { conversationId: group, active: true })).error?.code).toBe('not_found');
    expect((await cleos.call('focus', { conversationId: group })).error?.code).toBe('not_found');
  });
});

it('shows who comes, is idle and leaves on another node that shares the database and no Redis', async () => {
  const settings = { JWT_SECRET: randomBytes(32).toString('base64url') };
  const here = await RunningServer.start({ settings });
  const there = await RunningServer.start({ settings, databaseUrl: here.databaseUrl });
  const [ann, ben] = (await here.users(2)) as [TestUser, TestUser];
  await here.as(ann, 'conversation.open_private', { userId: ben.userId });
  const anns = await here.connectAs(ann);
  expect(await watched(anns, ben)).toEqual([{ userId: ben.userId, status: 'offline' }]);
  const bens = await there.connectAs(ben);
  await told(anns, ben, 'online', 30_000);
  await bens.call('presence.set', { status: 'away' });
  await told(anns, ben, 'away', 30_000);
  goAway(bens);
  await told(anns, ben, 'offline', PRESENCE_GRACE_MS + 30_000);
}, 90_000);
