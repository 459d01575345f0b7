import { describe, expect, it, onTestFinished } from 'vitest';
import type { Clock } from '#app/application/ports/clock.ts';
import { type Buckets, InProcessRateLimiter } from '#app/infrastructure/memory/in-process-rate-limiter.ts';
import { RedisLink } from '#app/infrastructure/redis/redis-link.ts';
import { RedisRateLimiter } from '#app/infrastructure/redis/redis-rate-limiter.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { awakeMs } from '../support/awake.ts';
import { ManualClock } from '../support/identity.ts';
import { aPatientLink } from '../support/redis-nodes.ts';
import { RedisServer } from '../support/redis-server.ts';
import { aRedis, type TestRedis } from '../support/services.ts';
import { buckets, rateLimiterContract, slowBuckets, TOKEN_MS } from './rate-limiter.contract.ts';

rateLimiterContract('in process', async () => {
  const clock = new ManualClock();
  const pass = async (ms: number) => clock.pass(ms);
  return { limiter: new InProcessRateLimiter(buckets, clock), pass, close: async () => {} };
});

const limiterOf = (link: RedisLink, buckets: Buckets, clock: Clock) => {
  let away = 0;
  const own = new InProcessRateLimiter(buckets, clock);
  const limiter = new RedisRateLimiter(link, own, buckets, clock, () => away++);
  return { limiter, link, away: () => away, close: async () => link.close() };
};
const onRedis = async (redis: TestRedis, buckets: Buckets) => {
  const clock = new ManualClock();
  const link = await aPatientLink(redis, 'test');
  const { commands } = link;
  /** Redis judges by a clock of its own: what it remembers becomes so much older. */
  const pass = async (ms: number) => {
    for (let n = 0; n < 6; n++) await commands.ping(); // what was taken has been told, and answered
    clock.pass(ms);
    for (const key of await commands.keys(`${redis.prefix}:limit:*`)) await commands.hincrbyfloat(key, 'at', -ms);
  };
  return { ...limiterOf(link, buckets, clock), pass };
};
rateLimiterContract('on Redis', async () => onRedis(await aRedis(), buckets));

describe('RateLimiter on Redis, several nodes', () => {
  const nodes = async (count: number, redis: TestRedis, ofNodes = slowBuckets) => {
    const opened = await Promise.all(Array.from({ length: count }, () => onRedis(redis, ofNodes)));
    onTestFinished(async () => {
      for (const { close } of opened) await close();
    });
    return opened;
  };

  it('counts guesses together before it allows them', async () => {
    const opened = await nodes(3, await aRedis());
    const outcomes = await Promise.all(
      Array.from({ length: 15 }, async (_, n) => opened[n % 3]!.limiter.take('login', '192.0.2.1')),
    );
    expect(outcomes.filter(({ allowed }) => allowed)).toHaveLength(5);
  });

  it('judges everything else at once, and lets the others hear of it', async () => {
    const redis = await aRedis();
    const [a, b] = (await nodes(2, redis)) as [
      Awaited<ReturnType<typeof onRedis>>,
      Awaited<ReturnType<typeof onRedis>>,
    ];
    for (let n = 0; n < 5; n++) expect(a.limiter.take('send', 'ada')).toEqual({ allowed: true });
    await expect
      .poll(() => a.link.commands.hget(`${redis.prefix}:limit:{send:ada}`, 'tokens').then(Number))
      .toBeLessThan(1);
    // What it takes here first makes this node hear; from then on there is as little here as there.
    expect(b.limiter.take('send', 'ada')).toEqual({ allowed: true });
    for (let n = 0; n < 3; n++) await b.link.commands.ping();
    expect(await b.limiter.take('send', 'ada')).toMatchObject({ allowed: false });
  });

  it('asks nobody for a user who is quiet', async () => {
    const [a] = await nodes(1, await aRedis());
    const { evalsha } = a!.link.commands;
    let asked = 0;
    a!.link.commands.evalsha = ((...args: Parameters<typeof evalsha>) => {
      asked++;
      return evalsha.apply(a!.link.commands, args);
    }) as typeof evalsha;
    const quiet = { ...buckets, send: { rate: 50, burst: 200 } };
    const { limiter } = limiterOf(a!.link, quiet, new ManualClock());
    for (let n = 0; n < 24; n++) await limiter.take('send', 'ada');
    expect(asked).toBe(0);
    await limiter.take('send', 'ada');
    await limiter.take('send', 'ada');
    expect(asked).toBe(1);
  });

  it('judges alone while Redis is away, by buckets that counted all along, and hands out no more when Redis forgot', async () => {
    const server = await RedisServer.start();
    onTestFinished(() => server.stop());
    const [a] = await nodes(1, { url: server.url, prefix: 'x' });
    for (let n = 0; n < 3; n++) await a!.limiter.take('login', '192.0.2.1');
    await server.kill();
    expect([(await a!.limiter.take('login', '192.0.2.1')).allowed, a!.away()]).toEqual([true, 1]);
    expect((await a!.limiter.take('login', '192.0.2.1')).allowed).toBe(true);
    await server.start();
    expect((await a!.limiter.take('login', '192.0.2.1')).allowed).toBe(false);
  });

  it('answers within its patience when Redis is frozen, and the hot path at once', async () => {
    const server = await RedisServer.start();
    onTestFinished(() => server.stop());
    const link = await RedisLink.open({ urls: [server.url], prefix: 'x', name: 'test', onTrouble: () => {} });
    onTestFinished(() => link.close());
    const { limiter } = limiterOf(link, slowBuckets, new SystemClock());
    server.signal('SIGSTOP');
    try {
      const began = awakeMs();
      for (let n = 0; n < 5; n++) expect(limiter.take('send', 'ada')).toEqual({ allowed: true }); // it is no promise
      expect((await limiter.take('login', '192.0.2.1')).allowed).toBe(true);
      expect(awakeMs() - began).toBeLessThan(1_000);
    } finally {
      server.signal('SIGCONT');
    }
  });

  it('leaves nothing behind in Redis once a bucket is full again', async () => {
    const redis = await aRedis();
    const [a] = await nodes(1, redis, buckets);
    await a!.limiter.take('login', '192.0.2.1');
    const key = `${redis.prefix}:limit:{login:192.0.2.1}`;
    const ttl = await a!.link.commands.pttl(key);
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(TOKEN_MS + 1_000);
  });
});
