import { Redis } from 'ioredis';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { aDatabase, aPostgresServer, aRedis, startServices } from '../support/services.ts';
import { RedisServer } from '../support/redis-server.ts';

const rows = async (connectionString: string, text: string) => {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
};

describe('the services of the tests', () => {
  it('give a migrated database of its own to each who asks, and keep it durable', async () => {
    const [one, other] = [await aDatabase(), await aDatabase()];
    await rows(one.url, 'create table mine as select 1 as id');
    await expect(rows(other.url, 'select * from mine')).rejects.toThrow('does not exist');
    expect(await rows(other.url, "select to_regclass('kysely_migration') is not null as migrated")).toEqual([
      { migrated: true },
    ]);
    expect(await rows(one.url, "select current_setting('fsync') as fsync")).toEqual([{ fsync: 'on' }]);
    await one.drop();
    await expect(rows(one.url, 'select 1')).rejects.toThrow('does not exist');
  });

  it('give an empty Redis database of its own to each who asks', async () => {
    const [one, other] = [await aRedis(), await aRedis()];
    const [redis, stranger] = [new Redis(one.url), new Redis(other.url)];
    await redis.set('key', 'value');
    expect(await redis.get('key')).toBe('value');
    expect(await stranger.get('key')).toBeNull();
    expect(one.prefix).not.toBe(other.prefix);
    redis.disconnect();
    stranger.disconnect();
  });

  it('start a PostgreSQL that keeps what was committed when it is killed', async () => {
    const server = await aPostgresServer();
    await rows(server.url, 'create table kept as select 42 as answer');
    await server.kill();
    await expect(rows(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED');
    await server.start();
    await server.killPostmaster();
    await server.start();
    expect(await rows(server.url, 'select answer from kept')).toEqual([{ answer: 42 }]);
    await server.stop();
  });

  it('are those that the environment names, without a fallback when they do not answer', async () => {
    const redis = await RedisServer.start();
    const url = 'postgresql://nobody@127.0.0.1:1/none';
    await expect(startServices({ TEST_DATABASE_URL: url, TEST_REDIS_URL: redis.url })).rejects.toThrow('ECONNREFUSED');
    await redis.stop();
  });
});
