import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import { expect, it, onTestFinished } from 'vitest';
import type { Signal } from '#app/application/ports/signals.ts';
import { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { InProcessSignals } from '#app/infrastructure/memory/in-process-signals.ts';
import { RedisBroadcast } from '#app/infrastructure/redis/redis-broadcast.ts';
import { RedisSignals } from '#app/infrastructure/redis/redis-signals.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { aPatientLink } from '../support/redis-nodes.ts';
import { aRedis, type TestRedis } from '../support/services.ts';
import { type OpenedSignals, signalsContract } from './signals.contract.ts';

const observed = () => {
  const faults: unknown[] = [];
  let count = 0;
  return { faults, fault: (error: unknown) => void faults.push(error), drop: () => void count++, dropped: () => count };
};

signalsContract('in process', async () => {
  const { fault, drop, ...seen } = observed();
  return { signals: new InProcessSignals(fault, drop), ...seen };
});

const onRedis = async (redis: TestRedis): Promise<OpenedSignals & { broadcast: RedisBroadcast }> => {
  const { fault, drop, ...seen } = observed();
  const link = await aPatientLink(redis, 'test');
  const broadcast = new RedisBroadcast(link, randomUUID(), new SystemClock(), {
    ...{ fault, lost: () => {}, changed: () => {} },
  });
  const close = async () => {
    broadcast.close();
    link.close();
  };
  return { signals: new RedisSignals(broadcast, fault, drop), broadcast, close, ...seen };
};
signalsContract('on Redis', async () => onRedis(await aRedis()));

it('tells the other nodes on Redis', async () => {
  const redis = await aRedis();
  const [a, b] = [await onRedis(redis), await onRedis(redis)];
  onTestFinished(async () => void (await Promise.all([a.close?.(), b.close?.()])));
  const heard: Signal[] = [];
  b.signals.onSignal((signal) => void heard.push(signal));
  await expect.poll(() => a.broadcast.connected && b.broadcast.connected).toBe(true);
  const sent: Signal[] = [
    { type: 'typing', conversationId: ConversationId(v7()), userId: UserId(v7()), active: false },
    { type: 'relations', users: [UserId(v7()), UserId(v7())] },
  ];
  for (const signal of sent) a.signals.send(signal);
  await expect.poll(() => heard).toEqual(sent);
});
