import { expect, it, onTestFinished } from 'vitest';
import { nobodyElsewhere } from '#app/application/ports/address-census.ts';
import { RedisAddressCensus } from '#app/infrastructure/redis/redis-address-census.ts';
import { ManualClock } from '../support/identity.ts';
import { aPatientLink } from '../support/redis-nodes.ts';
import { aRedis } from '../support/services.ts';

const BLOCK = '192.0.2.1';
const LIMIT = 160; // told by tens

const nodes = async (count: number) => {
  const redis = await aRedis();
  const dead = new Set<string>();
  const clock = new ManualClock();
  const opened = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const link = await aPatientLink(redis, `n${n}`);
      onTestFinished(() => link.close());
      let failures = 0;
      const lives = (node: string) => !dead.has(node);
      const census = new RedisAddressCensus(link, `n${n}`, clock, LIMIT, lives, () => failures++);
      return { census, link, failures: () => failures };
    }),
  );
  /** Until what was on its way to Redis and back has come. */
  const settle = async () => {
    for (const { link } of opened) for (let n = 0; n < 3; n++) await link.commands.ping();
  };
  return { opened, dead, clock, settle, key: `${redis.prefix}:sockets-of:{${BLOCK}}` };
};

it('knows of nobody elsewhere on a node that is alone', () => {
  nobodyElsewhere.count(BLOCK, 1_000);
  expect(nobodyElsewhere.elsewhere(BLOCK)).toBe(0);
});

it('hears what others have once it has a sixteenth of the limit itself', async () => {
  const { opened, settle } = await nodes(3);
  const [a, b, c] = opened.map(({ census }) => census) as [RedisAddressCensus, RedisAddressCensus, RedisAddressCensus];
  for (let sockets = 1; sockets <= 50; sockets++) a.count(BLOCK, sockets);
  await settle();
  for (let sockets = 1; sockets <= 9; sockets++) b.count(BLOCK, sockets);
  await settle();
  expect(b.elsewhere(BLOCK)).toBe(0);
  b.count(BLOCK, 10);
  await settle();
  expect(b.elsewhere(BLOCK)).toBe(50);
  c.count(BLOCK, 20);
  await settle();
  expect([c.elsewhere(BLOCK), c.elsewhere('192.0.2.2')]).toEqual([60, 0]);
});

it('asks anew for what is old, and forgets the dead', async () => {
  const { opened, dead, clock, settle } = await nodes(3);
  const [a, b, c] = opened.map(({ census }) => census) as [RedisAddressCensus, RedisAddressCensus, RedisAddressCensus];
  a.count(BLOCK, 40);
  b.count(BLOCK, 30);
  await settle();
  c.count(BLOCK, 10);
  await settle();
  expect(c.elsewhere(BLOCK)).toBe(70);
  a.count(BLOCK, 0);
  dead.add('n1');
  await settle();
  expect(c.elsewhere(BLOCK)).toBe(70);
  clock.pass(5_001);
  c.elsewhere(BLOCK);
  await settle();
  expect(c.elsewhere(BLOCK)).toBe(0);
});

it('leaves nothing behind in Redis when the last socket has gone, nor for long when the node dies', async () => {
  const { opened, settle, key } = await nodes(1);
  const [{ census, link }] = opened as [(typeof opened)[number]];
  census.count(BLOCK, 10);
  await settle();
  expect(await link.commands.pttl(key)).toBeGreaterThan(0);
  census.count(BLOCK, 0);
  await settle();
  expect(await link.commands.exists(key)).toBe(0);
});

it('goes on with what it knows while Redis is away, and tells later', async () => {
  const { opened, settle } = await nodes(2);
  const [a, b] = opened as [(typeof opened)[number], (typeof opened)[number]];
  a.census.count(BLOCK, 20);
  await settle();
  const { hgetall } = b.link.commands;
  b.link.commands.hgetall = async () => {
    throw new Error('away');
  };
  b.census.count(BLOCK, 10);
  await settle();
  expect([b.census.elsewhere(BLOCK), b.failures()]).toEqual([0, 1]);
  b.link.commands.hgetall = hgetall;
  b.census.count(BLOCK, 11);
  await settle();
  expect(b.census.elsewhere(BLOCK)).toBe(20);
});
