import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { ChatEvent } from '#app/domain/chat/chat-events.ts';
import { Urev } from '#app/domain/shared/counters.ts';
import { UserId } from '#app/domain/shared/ids.ts';
import { InProcessRateLimiter } from '#app/infrastructure/memory/in-process-rate-limiter.ts';
import { RedisAddressCensus } from '#app/infrastructure/redis/redis-address-census.ts';
import { RedisConnectionRegistry } from '#app/infrastructure/redis/redis-connection-registry.ts';
import { RedisLink } from '#app/infrastructure/redis/redis-link.ts';
import { RedisRateLimiter } from '#app/infrastructure/redis/redis-rate-limiter.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { aConnection, allOf } from '../contract/connection-registry.contract.ts';
import { slowBuckets } from '../contract/rate-limiter.contract.ts';
import { RedisCluster } from '../support/redis-cluster.ts';
import { aBackplaneNode, type BackplaneNode } from '../support/redis-nodes.ts';

const users = Array.from({ length: 64 }, () => UserId(randomUUID()));
const event = (userId: UserId, urev: number): ChatEvent => ({
  ...{ type: 'block.changed', userId, urev: Urev(urev), blockedId: userId, blocked: true },
});
const until = (condition: () => boolean) => expect.poll(condition, { timeout: 20_000, interval: 10 }).toBe(true);

describe('a Redis Cluster of six', { timeout: 120_000 }, () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await RedisCluster.start();
  });
  afterAll(() => cluster.stop());

  const twoNodes = async (): Promise<[BackplaneNode, BackplaneNode]> => {
    const prefix = randomUUID().slice(0, 8);
    const a = await aBackplaneNode(cluster.urls, 'a', { prefix });
    const b = await aBackplaneNode(cluster.urls.slice(0, 2), 'b', { prefix });
    await until(() => a.backplane.hears('b') && b.backplane.hears('a'));
    return [a, b];
  };
  const publishAll = (node: BackplaneNode, urev: number) =>
    node.backplane.publish(users.map((userId) => event(userId, urev)));

  it('carries events on channels of all its masters, and loses none while nothing happens', async () => {
    const [a, b] = await twoNodes();
    const masters = await Promise.all(a.link.channels('said:1').map((channel) => cluster.masterOf(channel)));
    expect(new Set(masters).size).toBe(3);
    const [before, lost] = [b.disturbances(), a.lost()];
    for (let urev = 1; urev <= 20; urev++) publishAll(a, urev);
    await until(() => b.heard.length === 20 * users.length);
    for (const userId of users) {
      const theirs = b.heard.flatMap((one) => ('urev' in one && one.userId === userId ? [Number(one.urev)] : []));
      expect(theirs).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    }
    expect([a.lost() - lost, b.disturbances() - before]).toEqual([0, 0]);
  });

  it('keeps connections, buckets and addresses, spread over its masters', async () => {
    const prefix = randomUUID().slice(0, 8);
    const clock = new SystemClock();
    const [a, b] = await Promise.all(
      ['a', 'b'].map(async (name) => {
        const link = await RedisLink.open({ urls: cluster.urls, prefix, name, onTrouble: () => {} });
        const own = new InProcessRateLimiter(slowBuckets, clock);
        return {
          link,
          registry: new RedisConnectionRegistry(link, name, clock),
          limiter: new RedisRateLimiter(link, own, slowBuckets, clock, () => {}),
          census: new RedisAddressCensus(
            link,
            name,
            clock,
            16,
            () => true,
            () => {},
          ),
        };
      }),
    );
    if (!a || !b) throw new Error('two were opened');
    onTestFinished(() => [a, b].forEach(({ link }) => link.close()));
    await until(() => [a, b].every(({ link }) => link.commands.status === 'ready'));
    await expect
      .poll(() =>
        Promise.all([a.registry.beat(), b.registry.beat()]).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    await a.registry.beat();

    const connections = Array.from({ length: 40 }, () => aConnection('b'));
    for (const connection of connections) await b.registry.insert(connection);
    expect(await allOf(a.registry)).toHaveLength(40);
    for (const connection of connections) expect(await a.registry.ofUser(connection.userId)).toEqual([connection]);
    await b.registry.leave();
    await a.registry.beat();
    expect(await allOf(a.registry)).toEqual([]);

    for (const key of ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4']) {
      const taken = await Promise.all(
        Array.from({ length: 12 }, async (_, n) => (n % 2 ? a : b).limiter.take('login', key)),
      );
      expect(taken.filter(({ allowed }) => allowed)).toHaveLength(5);
      a.census.count(key, 7);
      await expect.poll(() => (b.census.count(key, 1), b.census.elsewhere(key))).toBe(7);
    }
  });

  it.each(['killed', 'frozen'] as const)(
    'is mended when a master is %s, and whoever missed something knows',
    async (how) => {
      const [a, b] = await twoNodes();
      const [channel = ''] = a.link.channels('said:1');
      const master = await cluster.masterOf(channel);
      if (how === 'killed') await master.kill();
      else master.signal('SIGSTOP');
      try {
        await until(() => !a.backplane.hears('b') && !b.backplane.hears('a'));
        const before = b.disturbances();
        publishAll(a, 1);
        await until(() => a.backplane.hears('b') && b.backplane.hears('a'));
        expect(b.disturbances()).toBeGreaterThan(before);
        b.heard.length = 0;
        publishAll(a, 2);
        await until(() => b.heard.length === users.length);
      } finally {
        if (how === 'frozen') master.signal('SIGCONT');
        else await master.start();
        await cluster.whole();
      }
    },
  );
});
