import { expect, it, onTestFinished } from 'vitest';
import { InProcessLoginThrottle } from '#app/infrastructure/memory/in-process-login-throttle.ts';
import { RedisLoginThrottle } from '#app/infrastructure/redis/redis-login-throttle.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { ManualClock } from '../support/identity.ts';
import { aPatientLink } from '../support/redis-nodes.ts';
import { RedisServer } from '../support/redis-server.ts';
import { aRedis, type TestRedis } from '../support/services.ts';
import { strict, loginThrottleContract } from './login-throttle.contract.ts';

loginThrottleContract('in process', async () => {
  const clock = new ManualClock();
  const pass = async (ms: number) => clock.pass(ms);
  return { throttle: new InProcessLoginThrottle(clock, strict), pass, close: async () => {} };
});

/** Unless this node's own throttle is one that lets everything pass, it alone would do what the contract says. */
const free = { ...strict.pair, free: 1_000_000 };
const open = async (redis: TestRedis, own = { ...strict, pair: free, block: free, account: free }) => {
  const link = await aPatientLink(redis, 'test');
  const { commands } = link;
  let away = 0;
  const throttle = new RedisLoginThrottle(
    link,
    new InProcessLoginThrottle(new SystemClock(), own),
    () => away++,
    strict,
  );
  /** Redis judges by a clock of its own: what it remembers becomes so much older. */
  const pass = async (ms: number) => {
    for (let n = 0; n < 3; n++) await commands.ping(); // what was begun has arrived
    for (const key of ms > 0 ? await commands.keys(`${redis.prefix}:guesses:*`) : []) {
      if ((await commands.type(key)) === 'hash') await commands.hincrbyfloat(key, 'notBefore', -ms);
      await commands.pexpire(key, (await commands.pttl(key)) - ms);
    }
  };
  return { throttle, pass, link, away: () => away, close: async () => link.close() };
};
loginThrottleContract('on Redis', async () => open(await aRedis()));

it('counts the guesses of all nodes together', async () => {
  const redis = await aRedis();
  const nodes = await Promise.all([open(redis, strict), open(redis, strict), open(redis, strict)]);
  onTestFinished(() => nodes.forEach(({ link }) => link.close()));
  const outcomes = [];
  for (let n = 0; n < 12; n++) outcomes.push((await nodes[n % 3]!.throttle.attempt('ada', '192.0.2.1')).allowed);
  expect(outcomes.filter(Boolean)).toHaveLength(5);
});

it('holds alone while Redis is away, with what it had counted, and writes no names into Redis', async () => {
  const server = await RedisServer.start();
  onTestFinished(() => server.stop());
  const node = await open({ url: server.url, prefix: 'x' }, strict);
  onTestFinished(() => node.link.close());
  for (let n = 0; n < 3; n++) await node.throttle.attempt('ada@example.org', '192.0.2.1');
  expect((await node.link.commands.keys('*')).join()).not.toMatch(/ada|192/);
  await server.kill();
  const outcomes = [];
  for (let n = 0; n < 3; n++) outcomes.push((await node.throttle.attempt('ada@example.org', '192.0.2.1')).allowed);
  expect([outcomes, node.away()]).toEqual([[true, true, false], 2]);
});
