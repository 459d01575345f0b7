import { randomUUID } from 'node:crypto';
import { RedisBackplane } from '#app/infrastructure/redis/redis-backplane.ts';
import { RedisLink } from '#app/infrastructure/redis/redis-link.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { aRedis } from '../support/services.ts';
import { backplaneContract } from './backplane.contract.ts';

backplaneContract('on Redis', async () => {
  const { url, prefix } = await aRedis();
  const link = await RedisLink.open({ urls: [url], prefix, name: 'test', onTrouble: () => {} });
  const faults: unknown[] = [];
  const backplane = new RedisBackplane(link, randomUUID(), new SystemClock(), {
    fault: (error) => void faults.push(error),
    lost: () => {},
    changed: () => {},
  });
  return { backplane, faults, close: async () => link.close() };
});
