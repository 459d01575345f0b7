import type { Cluster, Redis } from 'ioredis';

/** What Redis does when its memory is full, or undefined when it does not say. By INFO, which providers rarely forbid. */
export const evictionPolicy = async (commands: Redis | Cluster): Promise<string | undefined> => {
  const memory = await commands.info('memory').catch(() => '');
  return /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
};
