import type { Cluster, Redis } from 'ioredis';
import { createHash } from 'node:crypto';

/** What has to happen as one, in Lua; all keys of one call carry one hash tag. Redis learns it when it does not know it. */
export class RedisScript {
  readonly #hash: string;

  constructor(private readonly text: string) {
    this.#hash = createHash('sha1').update(text).digest('hex');
  }

  async run(commands: Redis | Cluster, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await commands.evalsha(this.#hash, keys.length, ...keys, ...args);
    } catch (error) {
      if (!String(error).includes('NOSCRIPT')) throw error;
      return commands.eval(this.text, keys.length, ...keys, ...args);
    }
  }
}
