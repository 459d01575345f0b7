import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { UserId } from '#app/domain/shared/ids.ts';
import { MemoryConnectionRegistry } from '#app/infrastructure/memory/memory-connection-registry.ts';
import { RedisConnectionRegistry } from '#app/infrastructure/redis/redis-connection-registry.ts';
import { ManualClock, random } from '../support/identity.ts';
import { aPatientLink } from '../support/redis-nodes.ts';
import { aRedis, type TestRedis } from '../support/services.ts';
import { aConnection, allOf, connectionRegistryContract } from './connection-registry.contract.ts';

connectionRegistryContract('in process', async () => ({
  ...{ registry: new MemoryConnectionRegistry(), incarnation: 'here', close: async () => {} },
}));

/** For tests in which it runs out; in the others it must not, however busy the machine. */
const LEASE_MS = 500;
const LONG_MS = 60_000;
const DEADLINE = { timeout: 30_000, interval: 50 };

const aNode = async (redis: TestRedis, incarnation: string, leaseMs = LONG_MS) => {
  const link = await aPatientLink(redis, incarnation);
  const clock = new ManualClock();
  const registry = new RedisConnectionRegistry(link, incarnation, clock, leaseMs);
  await registry.beat();
  onTestFinished(() => link.close());
  return { registry, incarnation, link, clock, close: () => registry.leave() };
};
connectionRegistryContract('on Redis', async () => aNode(await aRedis(), 'node'));

describe('ConnectionRegistry on Redis, several nodes', () => {
  const keysOf = async ({ link }: Awaited<ReturnType<typeof aNode>>) => link.commands.keys('*');

  it('shows each node what all have, and lets each write its own alone', async () => {
    const redis = await aRedis();
    const [a, b] = [await aNode(redis, 'a'), await aNode(redis, 'b')];
    await a.registry.beat();
    const userId = UserId(random.uuid());
    const [first, second] = [aConnection('a', { userId }), aConnection('b', { userId })];
    await a.registry.insert(first);
    await b.registry.insert(second);
    for (const { registry } of [a, b]) {
      expect(await allOf(registry)).toEqual([first, second]);
      expect(await registry.ofUser(userId)).toEqual([first, second]);
      expect([await registry.exist(first.id), await registry.exist(second.id)]).toEqual([true, true]);
    }
    expect([await b.registry.remove(first.id), await b.registry.update(first)]).toEqual([false, false]);
    expect(await a.registry.exist(first.id)).toBe(true);
  });

  it('has no ghosts: what a dead node held is gone after its lease, and swept by whoever comes by', async () => {
    const redis = await aRedis();
    const [a, b, c] = [
      await aNode(redis, 'a', LEASE_MS),
      await aNode(redis, 'b', LEASE_MS),
      await aNode(redis, 'c', LEASE_MS),
    ];
    const ghost = aConnection('a');
    const ghosts: UserId[] = [];
    for (const { registry } of [b, c]) registry.onGhosts(async (users) => void ghosts.push(...users));
    await a.registry.insert(ghost);
    const seenByB = () => b.registry.beat().then(() => b.registry.exist(ghost.id));
    await expect.poll(() => a.registry.beat().then(seenByB), DEADLINE).toBe(true);
    const left = async () => {
      await Promise.all([b.registry.beat(), c.registry.beat()]);
      return (await keysOf(b)).filter((key) => key.includes('connections'));
    };
    await expect.poll(left, DEADLINE).toEqual([]);
    expect([await b.registry.exist(ghost.id), await b.registry.ofUser(ghost.userId), await allOf(b.registry)]).toEqual([
      false,
      [],
      [],
    ]);
    expect(new Set(ghosts)).toEqual(new Set([ghost.userId]));
  });

  it('tells how long ago a dead node was heard of, however late it is found', async () => {
    const redis = await aRedis();
    const [a, b] = [await aNode(redis, 'a', LEASE_MS), await aNode(redis, 'b', LEASE_MS)];
    const told: [readonly UserId[], number][] = [];
    b.registry.onGhosts(async (users, silentMs) => void told.push([users, silentMs]));
    const ghost = aConnection('a');
    await a.registry.insert(ghost);
    await a.link.commands.zincrby(`${redis.prefix}:registrations`, -60_000, 'a.1');
    await b.registry.beat();
    expect(told).toEqual([[[ghost.userId], expect.any(Number)]]);
    const [[, silentMs]] = told as [[readonly UserId[], number]];
    expect(silentMs).toBeGreaterThanOrEqual(60_000);
    expect(silentMs).toBeLessThan(90_000);
  });

  it('calls nobody a ghost who moved with the life of their node, or left with it', async () => {
    const redis = await aRedis();
    const [a, b] = [await aNode(redis, 'a'), await aNode(redis, 'b')];
    const ghosts: UserId[] = [];
    for (const { registry } of [a, b]) registry.onGhosts(async (users) => void ghosts.push(...users));
    await a.registry.insert(aConnection('a'));
    a.clock.pass(5_001);
    await a.registry.beat();
    await a.registry.leave();
    await b.registry.beat();
    expect(ghosts).toEqual([]);
  });

  it('keeps what a node has for as long as it beats, whatever the lease', async () => {
    const redis = await aRedis();
    const [a, b] = [await aNode(redis, 'a', LEASE_MS), await aNode(redis, 'b', LEASE_MS)];
    const one = aConnection('a');
    await a.registry.insert(one);
    const beat = async () => {
      await a.registry.beat();
      await b.registry.beat();
      return b.registry.ofUser(one.userId);
    };
    for (const until = performance.now() + 3 * LEASE_MS; performance.now() < until; await pause(50)) await beat();
    await expect.poll(beat, DEADLINE).toEqual([one]);
  });

  it('writes anew what a node has when Redis forgot it, or the node had slept', async () => {
    const redis = await aRedis();
    const [a, b] = [await aNode(redis, 'a'), await aNode(redis, 'b')];
    const one = aConnection('a');
    await a.registry.insert(one);
    await a.link.commands.flushdb();
    await Promise.all([a.registry.beat(), b.registry.beat()]);
    await b.registry.beat();
    expect(await b.registry.ofUser(one.userId)).toEqual([one]);

    a.clock.pass(5_001); // its lease is still good, and it does not know that
    await a.registry.beat();
    await b.registry.beat();
    expect([await b.registry.ofUser(one.userId), await allOf(b.registry)]).toEqual([[one], [one]]);
    expect(
      (await keysOf(b)).filter((key) => key.includes('connections:')),
      'the life before is swept',
    ).toHaveLength(1);
  });

  it('keeps what a node wrote anew from those who sweep the life before', async () => {
    const redis = await aRedis();
    const [a, b] = [await aNode(redis, 'a', LEASE_MS), await aNode(redis, 'b', LEASE_MS)];
    const many = Array.from({ length: 600 }, () => aConnection('a'));
    await Promise.all(many.map((connection) => a.registry.insert(connection)));
    await pause(LEASE_MS + 20);
    const seen = async () => {
      await Promise.all([a.registry.beat(), b.registry.beat(), b.registry.beat()]);
      await b.registry.beat();
      const some = await Promise.all(many.slice(0, 20).map(({ userId }) => b.registry.ofUser(userId)));
      return [(await allOf(b.registry)).length, some.flat().length];
    };
    await expect.poll(seen, DEADLINE).toEqual([600, 20]);
  });

  it('leaves nothing behind', async () => {
    const a = await aNode(await aRedis(), 'a');
    for (let n = 0; n < 3; n++) await a.registry.insert(aConnection('a'));
    await a.registry.leave();
    expect(await keysOf(a)).toEqual([]);
  });

  it('writes later what it could not write', async () => {
    const redis = await aRedis();
    const [a, b] = [await aNode(redis, 'a'), await aNode(redis, 'b')];
    const [one, other] = [aConnection('a'), aConnection('a')];
    await a.registry.insert(one);
    const { hset, hdel } = a.link.commands;
    const away = async () => {
      throw new Error('away');
    };
    a.link.commands.hset = away;
    a.link.commands.hdel = away;
    await expect(a.registry.insert(other)).rejects.toThrow('away');
    await expect(a.registry.remove(one.id)).rejects.toThrow('away');
    a.link.commands.hset = hset;
    a.link.commands.hdel = hdel;
    await a.registry.beat();
    await b.registry.beat();
    expect(await allOf(b.registry)).toEqual([other]);
    expect(await b.registry.ofUser(one.userId)).toEqual([]);
  });
});
