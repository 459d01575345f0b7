import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import { Urev } from '#app/domain/shared/counters.ts';
import { UserId } from '#app/domain/shared/ids.ts';
import { evictionPolicy } from '#app/infrastructure/redis/eviction-policy.ts';
import { RedisLink } from '#app/infrastructure/redis/redis-link.ts';
import { awakeMs } from '../support/awake.ts';
import { RedisServer } from '../support/redis-server.ts';
import { aBackplaneNode, type BackplaneNode } from '../support/redis-nodes.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

const userId = UserId(randomUUID());
const event = (urev: number, of = userId): ChatEvent => ({
  ...{ type: 'profile.changed', userId: of, urev: Urev(urev), handle: 'ada' },
  displayName: `Ada\n${urev}`,
});
const until = (condition: () => boolean) => expect.poll(condition, { timeout: 15_000, interval: 5 }).toBe(true);
const urevs = ({ heard }: BackplaneNode) => heard.map((one) => 'urev' in one && Number(one.urev));

const twoNodes = async (prefix = randomUUID().slice(0, 8)) => {
  const [a, b] = [
    await aBackplaneNode([server.url], 'a', { prefix }),
    await aBackplaneNode([server.url], 'b', { prefix }),
  ];
  await until(() => a.backplane.hears('b') && b.backplane.hears('a'));
  return { a, b, prefix };
};

it('takes events to another node, in order, as they were, and only those that it wants', async () => {
  const stranger = UserId(randomUUID());
  const prefix = 'wanted';
  const a = await aBackplaneNode([server.url], 'a', { prefix });
  const b = await aBackplaneNode([server.url], 'b', { prefix, wanted: (topic) => topic === userId });
  await until(() => b.backplane.hears('a'));
  a.backplane.publish([event(1), event(7, stranger), event(2)]);
  a.backplane.publish([event(3)]);
  await until(() => b.heard.length === 3);
  expect(b.heard).toEqual([event(1), event(2), event(3)]);
  expect(urevs(a)).toEqual([1, 7, 2, 3]);
});

it('carries more than fits in one message', async () => {
  const { a, b } = await twoNodes();
  const events = Array.from({ length: 5_000 }, (_, n) => event(n + 1));
  a.backplane.publish(events);
  await until(() => b.heard.length === events.length);
  expect([b.heard, a.lost()]).toEqual([events, 0]);
});

it('notices by the next beat that a message was lost, whoever lost it', async () => {
  const { a, b, prefix } = await twoNodes();
  const before = b.disturbances();
  const [channel = ''] = a.link.channels('said:1');
  expect(channel).toBe(`${prefix}:said:1`);
  const { publish } = a.link;
  a.link.publish = async () => {}; // into the void
  a.backplane.publish([event(1)]);
  await new Promise((resolve) => setImmediate(resolve));
  let [beats, beatsUntilNoticed] = [0, 0];
  a.link.publish = (...message) => (beats++, publish.apply(a.link, message));
  b.backplane.onDisturbance(() => (beatsUntilNoticed ||= beats));
  await until(() => b.disturbances() > before);
  expect(beatsUntilNoticed).toBeLessThanOrEqual(1);
  expect(b.heard).toEqual([]);
});

it('disturbs nobody while nothing is lost', async () => {
  const { a, b } = await twoNodes();
  const talked = async () => {
    a.heard.length = b.heard.length = 0;
    const before = [a.disturbances(), b.disturbances()];
    const [began, awake] = [performance.now(), awakeMs()];
    for (let n = 1; n <= 300; n++) {
      a.backplane.publish([event(n)]);
      b.backplane.publish([event(n)]);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(() => a.heard.length === 600 && b.heard.length === 600);
    const asleep = performance.now() - began - (awakeMs() - awake);
    return { asleep, before, after: [a.disturbances(), b.disturbances()] };
  };
  // Who stands still for as long as a beat is taken for lost, and rightly: that says nothing of the others.
  let talk = await talked();
  for (let again = 0; again < 5 && talk.asleep > 200; again++) talk = await talked();
  expect(talk.after).toEqual(talk.before);
});

it('tells the others when something may have been committed that nobody publishes', async () => {
  const { a, b } = await twoNodes();
  const before = [a.disturbances(), b.disturbances()] as const;
  a.backplane.disturb();
  expect(a.disturbances()).toBe(before[0] + 1);
  await until(() => b.disturbances() > before[1]);
});

it('compares after the subscriber was dropped, though it was back at once', async () => {
  const { a, b } = await twoNodes();
  const admin = new Redis(server.url);
  onTestFinished(() => admin.disconnect());
  for (let round = 1; round <= 20; round++) {
    const [before, heard] = [b.disturbances(), b.heard.length];
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    a.backplane.publish([event(round)]);
    await until(() => b.heard.length > heard || b.disturbances() > before);
    await until(() => b.backplane.hears('a') && a.backplane.hears('b'));
  }
});

it('says within a second that it hears nobody while Redis is frozen, and hears them again after', async () => {
  const { a, b } = await twoNodes();
  const frozen = awakeMs();
  server.signal('SIGSTOP');
  try {
    a.backplane.publish([event(1)]);
    await until(() => a.heard.length === 1); // its own subscriber waits for nobody
    await until(() => !a.backplane.hears('b') && !b.backplane.hears('a'));
    expect(awakeMs() - frozen).toBeLessThan(1_400);
    await until(() => !a.broadcast.connected && !b.broadcast.connected); // by their next beat
    await new Promise((resolve) => setTimeout(resolve, 4_000)); // long enough for connections to be made anew
  } finally {
    server.signal('SIGCONT');
  }
  const [thawed, before] = [awakeMs(), b.disturbances()];
  await until(() => a.backplane.hears('b') && b.backplane.hears('a'));
  expect(awakeMs() - thawed).toBeLessThan(3_000);
  expect(b.disturbances()).toBeGreaterThan(before);
  a.backplane.publish([event(2)]);
  await until(() => urevs(b).includes(2));
});

it('comes back by itself after Redis was killed, and forgets nothing in a flush', async () => {
  const { a, b } = await twoNodes();
  await server.kill();
  await until(() => !a.broadcast.connected && !b.broadcast.connected);
  for (let n = 0; n < 100; n++) a.backplane.publish([event(n)]);
  await until(() => a.heard.length === 100);
  expect(a.lost()).toBeGreaterThan(0);
  await server.start();
  const [started, before] = [awakeMs(), b.disturbances()];
  await until(() => a.backplane.hears('b') && b.backplane.hears('a'));
  expect(awakeMs() - started).toBeLessThan(3_000);
  expect(b.disturbances()).toBeGreaterThan(before);
  const admin = new Redis(server.url);
  onTestFinished(() => admin.disconnect());
  await admin.flushall();
  a.backplane.publish([event(777)]);
  await until(() => urevs(b).includes(777));
});

it('holds no more than it may for a Redis that takes nothing', async () => {
  const a = await aBackplaneNode([server.url], 'a', { prefix: 'full' });
  await until(() => a.broadcast.connected);
  a.link.publish = () => new Promise(() => {});
  for (let n = 0; n < 60; n++) a.backplane.publish(Array.from({ length: 2_000 }, (_, m) => event(m)));
  await until(() => a.heard.length === 120_000);
  expect(a.lost()).toBeGreaterThan(10);
});

it('joins when a Redis that was away at its start comes back', async () => {
  const late = await RedisServer.start();
  await late.kill();
  const a = await aBackplaneNode([late.url], 'a');
  expect(a.broadcast.connected).toBe(false);
  await late.start();
  onTestFinished(() => late.stop());
  await until(() => a.broadcast.connected);
  const b = await aBackplaneNode([late.url], 'b');
  await until(() => b.backplane.hears('a') && a.backplane.hears('b'));
});

it('tells what Redis does when its memory is full, if it says so', async () => {
  const { link } = await aBackplaneNode([server.url], 'a', { prefix: 'policy' });
  expect(await evictionPolicy(link.commands)).toBe('noeviction');
  await link.commands.config('SET', 'maxmemory-policy', 'allkeys-lru');
  expect(await evictionPolicy(link.commands)).toBe('allkeys-lru');
  await link.commands.config('SET', 'maxmemory-policy', 'noeviction');
  link.close();
  expect(await evictionPolicy(link.commands)).toBeUndefined();
});

it('starts without Redis, and refuses one that does not let it in', async () => {
  const away = await aBackplaneNode(['redis://127.0.0.1:1'], 'alone');
  away.backplane.publish([event(1)]);
  await until(() => away.heard.length === 1);
  expect(away.broadcast.connected).toBe(false);
  const admin = new Redis(server.url);
  onTestFinished(() => admin.disconnect());
  await admin.config('SET', 'requirepass', 'open sesame');
  const link = (url: string) => RedisLink.open({ urls: [url], prefix: 'x', name: 'x', onTrouble: () => {} });
  try {
    await expect(link(server.url)).rejects.toThrow('NOAUTH');
    await expect(link(server.url.replace('//', '//:wrong@'))).rejects.toThrow('WRONGPASS');
    (await link(server.url.replace('//', '//:open%20sesame@'))).close();
  } finally {
    await admin.config('SET', 'requirepass', '');
  }
});
