import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { ConnectionRegistry } from '#app/application/ports/connection-registry.ts';
import type { Evictions } from '#app/application/ports/evictions.ts';
import type { ConnectionId } from '#app/domain/shared/ids.ts';
import { MemoryConnectionRegistry } from '#app/infrastructure/memory/memory-connection-registry.ts';
import { NodeLife } from '#app/infrastructure/postgres/node-life.ts';
import { PostgresConnectionRegistry } from '#app/infrastructure/postgres/postgres-connection-registry.ts';
import { PostgresEvictions } from '#app/infrastructure/postgres/postgres-evictions.ts';
import { RedisBroadcast } from '#app/infrastructure/redis/redis-broadcast.ts';
import { RedisEvictions } from '#app/infrastructure/redis/redis-evictions.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { ManualClock } from '../support/identity.ts';
import { aPatientPostgres } from '../support/postgres-world.ts';
import { aPatientLink } from '../support/redis-nodes.ts';
import { aDatabase, aRedis } from '../support/services.ts';
import { aConnection } from './connection-registry.contract.ts';

interface Node {
  readonly evictions: Evictions;
  readonly registry: ConnectionRegistry;
  readonly incarnation: string;
  /** What it does now and then. */
  look(): Promise<unknown>;
}

const DEADLINE = { timeout: 30_000 };
const never = (error: unknown) => {
  throw error;
};

const evictionsContract = (adapter: string, open: () => Promise<(incarnation: string) => Promise<Node>>) =>
  describe(`Evictions contract: ${adapter}`, () => {
    it('reaches the node that has the connection, and closes no other', async () => {
      const node = await open();
      const [a, b] = [await node('a'), await node('b')];
      const closed = new Set<ConnectionId>();
      const [one, other] = [aConnection('b'), aConnection('b')];
      for (const connection of [one, other]) await b.registry.insert(connection);
      b.evictions.onTold((id) => void closed.add(id));
      a.evictions.tell(one.id);
      await expect.poll(() => b.look().then(() => [...closed]), DEADLINE).toEqual([one.id]);
      a.evictions.tell(other.id);
      await expect.poll(() => b.look().then(() => closed.size), DEADLINE).toBe(2);
    });

    it('takes a second word, and one about a connection that is gone', async () => {
      const node = await open();
      const [a, b] = [await node('a'), await node('b')];
      const closed = new Set<ConnectionId>();
      const [one, gone] = [aConnection('b'), aConnection('b')];
      for (const connection of [one, gone]) await b.registry.insert(connection);
      await b.registry.remove(gone.id);
      b.evictions.onTold((id) => void closed.add(id));
      for (const id of [gone.id, one.id, one.id]) a.evictions.tell(id);
      await expect.poll(() => b.look().then(() => closed.has(one.id)), DEADLINE).toBe(true);
    });
  });

const connected = (broadcast: RedisBroadcast) => vi.waitUntil(() => broadcast.connected, { ...DEADLINE, interval: 20 });

evictionsContract('on Redis', async () => {
  const redis = await aRedis();
  return async (incarnation) => {
    const link = await aPatientLink(redis, incarnation);
    const observer = { fault: never, lost: () => {}, changed: () => {} };
    const broadcast = new RedisBroadcast(link, incarnation, new SystemClock(), observer);
    onTestFinished(() => {
      broadcast.close();
      link.close();
    });
    await connected(broadcast);
    const evictions = new RedisEvictions(broadcast);
    return { evictions, registry: new MemoryConnectionRegistry(), incarnation, look: async () => {} };
  };
});

evictionsContract('on PostgreSQL', async () => {
  const { url } = await aDatabase();
  return async (incarnation) => {
    const postgres = await aPatientPostgres(url);
    onTestFinished(() => postgres.close());
    const life = new NodeLife(postgres, incarnation, new ManualClock());
    await life.beat();
    const evictions = new PostgresEvictions(postgres, life, never);
    return {
      evictions,
      registry: new PostgresConnectionRegistry(postgres, life),
      incarnation,
      look: () => evictions.look(),
    };
  };
});
