import { Repeating } from '#app/application/repeating.ts';
import { type AddressCensus, nobodyElsewhere } from '#app/application/ports/address-census.ts';
import type { ConnectionRegistry } from '#app/application/ports/connection-registry.ts';
import type { Evictions } from '#app/application/ports/evictions.ts';
import type { PresenceStore } from '#app/application/ports/presence-store.ts';
import type { Config } from '#app/infrastructure/config/read-config.ts';
import { InProcessPresence } from '#app/infrastructure/memory/in-process-presence.ts';
import { MemoryConnectionRegistry } from '#app/infrastructure/memory/memory-connection-registry.ts';
import type { Postgres } from '#app/infrastructure/postgres/database.ts';
import { NodeLife } from '#app/infrastructure/postgres/node-life.ts';
import { PostgresConnectionRegistry } from '#app/infrastructure/postgres/postgres-connection-registry.ts';
import { PostgresEvictions } from '#app/infrastructure/postgres/postgres-evictions.ts';
import { PostgresLastSeen } from '#app/infrastructure/postgres/postgres-last-seen.ts';
import { PostgresPresence } from '#app/infrastructure/postgres/postgres-presence.ts';
import { RedisAddressCensus } from '#app/infrastructure/redis/redis-address-census.ts';
import { RedisConnectionRegistry } from '#app/infrastructure/redis/redis-connection-registry.ts';
import type { RedisLink } from '#app/infrastructure/redis/redis-link.ts';
import { RedisPresence } from '#app/infrastructure/redis/redis-presence.ts';
import { systemTimers } from '#app/infrastructure/system/system-timers.ts';
import type { Lifetime } from './lifetime.ts';
import type { NodeParts, Reach } from './nodes.ts';

const BEAT_MS = 2_000;
/** More often than the lease needs: what other nodes say is found then. */
const LIFE_BEAT_MS = 1_000;

/** Who is connected where, from where, and who is there: on all nodes that share a Redis or a database, else on this one. */
export interface Connections {
  readonly registry: ConnectionRegistry;
  readonly census: AddressCensus;
  /** Of connections on other nodes; undefined where there are none. */
  readonly evictions: Evictions | undefined;
  readonly presence: PresenceStore;
}

export interface Shared {
  readonly redis: RedisLink | undefined;
  readonly reach: Pick<Reach, 'evictions'>;
  readonly postgres: Postgres;
}

/** In Redis where there is one; else in the database, if several nodes can share that. */
export const openConnections = async (
  { redis, reach, postgres }: Shared,
  config: Config,
  lifetime: Lifetime,
  node: NodeParts,
): Promise<Connections> => {
  if (redis)
    return {
      ...(await connectionsInRedis(redis, postgres, config, lifetime, node)),
      evictions: reach.evictions,
      presence: await presenceInRedis(redis, lifetime, node),
    };
  if (config.databaseUrl !== undefined) return inPostgres(postgres, config, lifetime, node);
  const [registry, presence] = [new MemoryConnectionRegistry(), new InProcessPresence()];
  return { registry, census: nobodyElsewhere, evictions: undefined, presence };
};

const connectionsInRedis = async (
  link: RedisLink,
  postgres: Postgres,
  { limits }: Config,
  lifetime: Lifetime,
  { incarnation, metrics, clock }: NodeParts,
): Promise<Pick<Connections, 'registry' | 'census'>> => {
  const registry = new RedisConnectionRegistry(link, incarnation, clock);
  const onAway = () => metrics.count('registry_failures_total');
  const lastSeen = new PostgresLastSeen(postgres);
  registry.onGhosts((users, silentMs) =>
    lastSeen.note(new Map(users.map((userId) => [userId, silentMs]))).catch(onAway),
  );
  metrics.gauge('registered_nodes', () => registry.nodes);
  await registry.beat().catch(onAway);
  lifetime.own(registry, (opened) => opened.leave().catch(onAway));
  lifetime.own(new Repeating(systemTimers, BEAT_MS, () => registry.beat(), onAway), (begun) => begun.close());
  const lives = (node: string) => registry.lives(node);
  return {
    registry,
    census: new RedisAddressCensus(link, incarnation, clock, limits.socketsPerAddress, lives, onAway),
  };
};

const presenceInRedis = async (
  link: RedisLink,
  lifetime: Lifetime,
  { incarnation, metrics }: NodeParts,
): Promise<PresenceStore> => {
  const presence = new RedisPresence(link, incarnation);
  const onFault = () => metrics.count('presence_failures_total');
  await presence.beat().catch(onFault);
  lifetime.own(new Repeating(systemTimers, BEAT_MS, () => presence.beat(), onFault), (begun) => begun.close());
  return presence;
};

const inPostgres = async (
  postgres: Postgres,
  { limits }: Config,
  lifetime: Lifetime,
  { incarnation, metrics, clock }: NodeParts,
): Promise<Connections> => {
  const life = new NodeLife(postgres, incarnation, clock);
  const onAway = () => metrics.count('registry_failures_total');
  const registry = new PostgresConnectionRegistry(postgres, life);
  const evictions = new PostgresEvictions(postgres, life, onAway);
  const presence = new PostgresPresence(postgres, life);
  metrics.gauge('registered_nodes', () => life.nodes);
  const beat = async () => {
    await life.beat();
    if (limits.evictOldest) await evictions.look();
  };
  await life.beat().catch(onAway);
  lifetime.own(life, (begun) => begun.leave().catch(onAway));
  lifetime.own(new Repeating(systemTimers, LIFE_BEAT_MS, beat, onAway), (begun) => begun.close());
  return { registry, census: nobodyElsewhere, evictions, presence };
};
