import { randomUUID } from 'node:crypto';
import { RedisBackplane } from '#app/infrastructure/redis/redis-backplane.ts';
import { RedisBroadcast } from '#app/infrastructure/redis/redis-broadcast.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { aPatientLink } from '../support/redis-nodes.ts';
import { aRedis } from '../support/services.ts';
import { backplaneContract } from './backplane.contract.ts';

backplaneContract('on Redis', async () => {
  const link = await aPatientLink(await aRedis(), 'test');
  const faults: unknown[] = [];
  const fault = (error: unknown) => void faults.push(error);
  const broadcast = new RedisBroadcast(link, randomUUID(), new SystemClock(), {
    ...{ fault, lost: () => {}, changed: () => {} },
  });
  const close = async () => {
    broadcast.close();
    link.close();
  };
  return { backplane: new RedisBackplane(broadcast, fault), faults, close };
});
