import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { InProcessLoginThrottle } from '#app/infrastructure/memory/in-process-login-throttle.ts';
import { RedisLink } from '#app/infrastructure/redis/redis-link.ts';
import { RedisLoginThrottle } from '#app/infrastructure/redis/redis-login-throttle.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { ManualClock } from '../support/identity.ts';
import { RedisServer } from '../support/redis-server.ts';
import { aRedis } from '../support/services.ts';
import { hasty, loginThrottleContract } from './login-throttle.contract.ts';

loginThrottleContract('in process', async () => {
  const clock = new ManualClock();
  const pass = async (ms: number) => clock.pass(ms);
  return { throttle: new InProcessLoginThrottle(clock, hasty), pass, close: async () => {} };
});

/** Unless this node's own throttle is one that lets everything pass, it alone would do what the contract says. */
const free = { ...hasty.pair, free: 1_000_000 };
const open = async (url: string, prefix: string, own = { ...hasty, pair: free, block: free, account: free }) => {
  const link = await RedisLink.open({ urls: [url], prefix, name: 'test', onTrouble: () => {} });
  let away = 0;
  const throttle = new RedisLoginThrottle(
    link,
    new InProcessLoginThrottle(new SystemClock(), own),
    () => away++,
    hasty,
  );
  const pass = async (ms: number) => {
    await pause(ms + (ms > 0 ? 5 : 0));
    for (let n = 0; n < 3; n++) await link.commands.ping(); // what was begun has arrived
  };
  return { throttle, pass, link, away: () => away, close: async () => link.close() };
};
loginThrottleContract('on Redis', async () => {
  const { url, prefix } = await aRedis();
  return open(url, prefix);
});

it('counts the guesses of all nodes together', async () => {
  const { url, prefix } = await aRedis();
  const nodes = await Promise.all([open(url, prefix, hasty), open(url, prefix, hasty), open(url, prefix, hasty)]);
  onTestFinished(() => nodes.forEach(({ link }) => link.close()));
  const outcomes = [];
  for (let n = 0; n < 12; n++) outcomes.push((await nodes[n % 3]!.throttle.attempt('ada', '192.0.2.1')).allowed);
  expect(outcomes.filter(Boolean)).toHaveLength(5);
});

it('holds alone while Redis is away, with what it had counted, and writes no names into Redis', async () => {
  const server = await RedisServer.start();
  onTestFinished(() => server.stop());
  const node = await open(server.url, 'x', hasty);
  onTestFinished(() => node.link.close());
  for (let n = 0; n < 3; n++) await node.throttle.attempt('ada@example.org', '192.0.2.1');
  expect((await node.link.commands.keys('*')).join()).not.toMatch(/ada|192/);
  await server.kill();
  const outcomes = [];
  for (let n = 0; n < 3; n++) outcomes.push((await node.throttle.attempt('ada@example.org', '192.0.2.1')).allowed);
  expect([outcomes, node.away()]).toEqual([[true, true, false], 2]);
});
