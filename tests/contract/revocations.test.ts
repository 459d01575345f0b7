import { randomUUID } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { concerns, type Revocation } from '#app/application/ports/revocations.ts';
import { ApiKeyId, SessionId, UserId } from '#app/domain/shared/ids.ts';
import { InProcessRevocations } from '#app/infrastructure/memory/in-process-revocations.ts';
import { RedisBroadcast } from '#app/infrastructure/redis/redis-broadcast.ts';
import { RedisRevocations } from '#app/infrastructure/redis/redis-revocations.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { random } from '../support/identity.ts';
import { aPatientLink } from '../support/redis-nodes.ts';
import { aRedis, type TestRedis } from '../support/services.ts';
import { aRevocation, revocationsContract } from './revocations.contract.ts';

revocationsContract('in process', async () => {
  const faults: unknown[] = [];
  return { revocations: new InProcessRevocations((error) => faults.push(error)), faults, close: async () => {} };
});

const onRedis = async (redis: TestRedis) => {
  const faults: unknown[] = [];
  const fault = (error: unknown) => void faults.push(error);
  const link = await aPatientLink(redis, 'test');
  const broadcast = new RedisBroadcast(link, randomUUID(), new SystemClock(), {
    ...{ fault, lost: () => {}, changed: () => {} },
  });
  const close = async () => {
    broadcast.close();
    link.close();
  };
  return { revocations: new RedisRevocations(broadcast, fault), broadcast, faults, close };
};
revocationsContract('on Redis', async () => onRedis(await aRedis()));

it('tells the other nodes, and says when they may have missed something', async () => {
  const redis = await aRedis();
  const [a, b] = [await onRedis(redis), await onRedis(redis)];
  onTestFinished(async () => {
    await Promise.all([a.close(), b.close()]);
  });
  await expect.poll(() => a.broadcast.connected && b.broadcast.connected).toBe(true);
  const heard: Revocation[] = [];
  b.revocations.subscribe((revocation) => heard.push(revocation));
  const all: readonly Revocation[] = [aRevocation(), { userId: UserId(random.uuid()), reason: 'user_disabled' }];
  for (const one of all) a.revocations.announce(one);
  await expect.poll(() => heard).toEqual(all);
  let losses = 0;
  b.revocations.onLoss(() => losses++);
  a.broadcast.skip();
  await expect.poll(() => losses).toBeGreaterThan(0); // a beat that came late is one more
});

it('knows what a revocation concerns', () => {
  const [userId, sessionId, apiKeyId] = [UserId(random.uuid()), SessionId(random.uuid()), ApiKeyId(random.uuid())];
  expect(concerns({ sessionId }, { userId, sessionId })).toBe(true);
  expect(concerns({ sessionId }, { userId })).toBe(false);
  expect(concerns({ sessionId: SessionId(random.uuid()) }, { userId, sessionId })).toBe(false);
  expect(concerns({ apiKeyId }, { userId, apiKeyId })).toBe(true);
  expect(concerns({ apiKeyId }, { userId, sessionId })).toBe(false);
  expect(concerns({ userId }, { userId })).toBe(true);
  expect(concerns({ userId: UserId(random.uuid()) }, { userId, sessionId, apiKeyId })).toBe(false);
});
