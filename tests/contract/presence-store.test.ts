import { v7 } from 'uuid';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UserId } from '#app/domain/shared/ids.ts';
import { InProcessPresence } from '#app/infrastructure/memory/in-process-presence.ts';
import { RedisPresence } from '#app/infrastructure/redis/redis-presence.ts';
import { aPatientLink } from '../support/redis-nodes.ts';
import { aRedis, type TestRedis } from '../support/services.ts';
import { presenceStoreContract } from './presence-store.contract.ts';

presenceStoreContract('in process', async () => ({ store: new InProcessPresence(), close: async () => {} }));

/** Runs out when a test says so, and not when the machine stands still. */
const LEASE_MS = 60_000;

const aNode = async (redis: TestRedis, incarnation: string) => {
  const link = await aPatientLink(redis, incarnation);
  const store = new RedisPresence(link, incarnation, LEASE_MS);
  await store.beat();
  onTestFinished(() => link.close());
  return { store, link, close: async () => {} };
};
presenceStoreContract('on Redis', async () => aNode(await aRedis(), 'node'));

describe('PresenceStore on Redis, several nodes', () => {
  const ann = UserId(v7());
  const statusOf = async ({ store }: Awaited<ReturnType<typeof aNode>>) => (await store.read([ann])).get(ann);

  it('takes a user for online who is so on any node, and for offline who has left the last', async () => {
    const redis = await aRedis();
    const [a, b, c] = [await aNode(redis, 'a'), await aNode(redis, 'b'), await aNode(redis, 'c')];
    await a.store.beat();
    await a.store.set(ann, 'away');
    expect(await statusOf(c)).toBe('away');
    await b.store.set(ann, 'online');
    expect([await statusOf(a), await statusOf(b), await statusOf(c)]).toEqual(['online', 'online', 'online']);
    await b.store.set(ann, undefined);
    expect([await statusOf(a), await statusOf(b), await statusOf(c)]).toEqual(['away', 'away', 'away']);
    await a.store.set(ann, undefined);
    expect([await statusOf(a), await statusOf(c)]).toEqual([undefined, undefined]);
  });

  it('has no ghosts: who was on a dead node is offline with its lease, and whoever watches is told to look', async () => {
    const redis = await aRedis();
    const [a, b] = [await aNode(redis, 'a'), await aNode(redis, 'b')];
    await a.store.set(ann, 'online');
    await b.store.beat();
    expect(await statusOf(b)).toBe('online');
    let looks = 0;
    b.store.onUpset(() => void looks++);
    await a.link.commands.zincrby(`${redis.prefix}:presence-nodes`, -LEASE_MS, 'a.1');
    await b.store.beat();
    expect([await statusOf(b), looks]).toEqual([undefined, 1]);

    // it had only slept
    await a.store.beat();
    await b.store.beat();
    expect([await statusOf(b), looks]).toEqual(['online', 2]);
  });

  it('writes anew what a node has when Redis forgot it', async () => {
    const redis = await aRedis();
    const [a, b] = [await aNode(redis, 'a'), await aNode(redis, 'b')];
    await a.store.set(ann, 'online');
    await b.store.beat();
    await a.link.commands.flushdb();
    await a.store.beat();
    await b.store.beat();
    expect(await statusOf(b)).toBe('online');
  });

  it('leaves nobody behind whom it could not take out', async () => {
    const redis = await aRedis();
    const [a, b] = [await aNode(redis, 'a'), await aNode(redis, 'b')];
    const ben = UserId(v7());
    await a.store.set(ann, 'online');
    await a.store.set(ben, 'online');
    const { hdel } = a.link.commands;
    a.link.commands.hdel = async () => {
      throw new Error('away');
    };
    await expect(a.store.set(ann, undefined)).rejects.toThrow('away');
    a.link.commands.hdel = hdel;
    await a.store.beat();
    await b.store.beat();
    expect(await b.store.read([ann, ben])).toEqual(new Map([[ben, 'online']]));
  });

  it('keeps no key for ever', async () => {
    const a = await aNode(await aRedis(), 'a');
    await a.store.set(ann, 'online');
    const keys = await a.link.commands.keys('*presence:*');
    expect(keys).toHaveLength(1);
    expect(await a.link.commands.pttl(keys[0]!)).toBeGreaterThan(0);
    await a.store.set(ann, undefined);
    expect(await a.link.commands.keys('*presence:*')).toEqual([]);
  });
});
