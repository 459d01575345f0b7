import type { Backplane } from '#app/application/ports/backplane.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { Journal } from '#app/application/ports/journal.ts';
import type { Evictions } from '#app/application/ports/evictions.ts';
import type { LoginThrottle } from '#app/application/ports/login-throttle.ts';
import type { Metrics } from '#app/application/ports/metrics.ts';
import type { RateLimiter } from '#app/application/ports/rate-limiter.ts';
import type { Signals } from '#app/application/ports/signals.ts';
import { noWitnesses, type Witnesses } from '#app/application/ports/witnesses.ts';
import type { Revocations } from '#app/application/ports/revocations.ts';
import type { NodeDirectory } from '#app/application/ports/node-directory.ts';
import type { Config } from '#app/infrastructure/config/read-config.ts';
import { InProcessSignals } from '#app/infrastructure/memory/in-process-signals.ts';
import { InProcessLoginThrottle } from '#app/infrastructure/memory/in-process-login-throttle.ts';
import { InProcessRateLimiter } from '#app/infrastructure/memory/in-process-rate-limiter.ts';
import { MemoryBackplane } from '#app/infrastructure/memory/memory-backplane.ts';
import { MemoryNodeDirectory } from '#app/infrastructure/memory/memory-node-directory.ts';
import type { Postgres } from '#app/infrastructure/postgres/database.ts';
import { PostgresNodeDirectory } from '#app/infrastructure/postgres/postgres-node-directory.ts';
import { RedisBackplane } from '#app/infrastructure/redis/redis-backplane.ts';
import { RedisBroadcast } from '#app/infrastructure/redis/redis-broadcast.ts';
import { RedisLoginThrottle } from '#app/infrastructure/redis/redis-login-throttle.ts';
import { RedisRateLimiter } from '#app/infrastructure/redis/redis-rate-limiter.ts';
import { RedisSignals } from '#app/infrastructure/redis/redis-signals.ts';
import { RedisWitnesses } from '#app/infrastructure/redis/redis-witnesses.ts';
import { RedisRevocations } from '#app/infrastructure/redis/redis-revocations.ts';
import { evictionPolicy } from '#app/infrastructure/redis/eviction-policy.ts';
import { RedisEvictions } from '#app/infrastructure/redis/redis-evictions.ts';
import { RedisLink } from '#app/infrastructure/redis/redis-link.ts';
import type { Lifetime } from './lifetime.ts';

export interface NodeParts {
  /** Random, of this life of the process. */
  readonly incarnation: string;
  readonly journal: Journal;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** What a node shares with others by Redis; undefined where none is configured. */
export const openRedis = async (
  { redis: { urls, prefix } }: Config,
  lifetime: Lifetime,
  { incarnation, journal, metrics }: NodeParts,
): Promise<RedisLink | undefined> => {
  if (urls.length === 0) return undefined;
  const onTrouble = () => metrics.count('redis_failures_total');
  const link = await RedisLink.open({ urls, prefix, name: `tertulia-${incarnation}`, onTrouble });
  lifetime.own(link, (opened) => opened.close());
  const policy = await evictionPolicy(link.commands);
  if (policy === undefined) journal.warn('redis does not answer; nodes hear each other by the database until it does');
  else if (policy.startsWith('allkeys-'))
    journal.warn('redis may evict what it was told to keep: set maxmemory-policy to noeviction', { setting: policy });
  return link;
};

/** How this node reaches others, and whether it does. */
export interface Reach {
  readonly backplane: Backplane;
  /** Undefined: those of this process are all there are. */
  readonly revocations: Revocations | undefined;
  /** Likewise. */
  readonly limiter: RateLimiter | undefined;
  /** Likewise. */
  readonly throttle: LoginThrottle | undefined;
  /** By Redis; undefined where none is configured. */
  readonly evictions: Evictions | undefined;
  readonly signals: Signals;
  readonly witnesses: Witnesses;
  readonly connected: () => boolean;
}

export const openReach = (
  link: RedisLink | undefined,
  { rates }: Config,
  lifetime: Lifetime,
  { incarnation, journal, metrics, clock }: NodeParts,
): Reach => {
  const fault = (error: unknown) => void journal.fault(error, 'backplane');
  const dropped = () => metrics.count('signals_dropped_total');
  const ownSignals = (signals: Signals) => lifetime.own(signals, (opened) => opened.close());
  const own = (backplane: Backplane) => lifetime.own(backplane, (opened) => opened.close());
  if (!link)
    return {
      backplane: own(new MemoryBackplane(fault)),
      signals: ownSignals(new InProcessSignals(fault, dropped)),
      witnesses: noWitnesses,
      ...{
        revocations: undefined,
        limiter: undefined,
        throttle: undefined,
        evictions: undefined,
        connected: () => true,
      },
    };
  const broadcast = new RedisBroadcast(link, incarnation, clock, {
    fault,
    lost: () => metrics.count('broadcasts_lost_total'),
    changed: (connected) => {
      if (connected) journal.info('this node is heard by way of redis');
      else journal.warn('redis is away; nodes hear each other by the database until it is back');
    },
  });
  lifetime.own(broadcast, (opened) => opened.close());
  const onAway = () => metrics.count('redis_failures_total');
  metrics.gauge('redis_up', () => (broadcast.connected ? 1 : 0));
  return {
    backplane: own(new RedisBackplane(broadcast, fault)),
    signals: ownSignals(new RedisSignals(broadcast, fault, dropped)),
    witnesses: new RedisWitnesses(broadcast, clock),
    revocations: new RedisRevocations(broadcast, (error) => void journal.fault(error, 'revocations')),
    limiter: new RedisRateLimiter(link, new InProcessRateLimiter(rates, clock), rates, clock, onAway),
    throttle: new RedisLoginThrottle(link, new InProcessLoginThrottle(clock), onAway),
    evictions: new RedisEvictions(broadcast),
    connected: () => broadcast.connected,
  };
};

/** The database inside serves one node. */
export const openDirectory = (
  { databaseUrl }: Config,
  postgres: Postgres,
  { incarnation, clock }: NodeParts,
): NodeDirectory =>
  databaseUrl === undefined
    ? new MemoryNodeDirectory(incarnation, clock)
    : new PostgresNodeDirectory(postgres, incarnation);
