import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Haproxy } from './haproxy.ts';
import { type Conditions, NetworkLab, seeded } from './network-lab.ts';
import type { PostgresServer } from './postgres-server.ts';
import { RedisServer } from './redis-server.ts';
import { ServerProcess } from './server-process.ts';
import { ServiceWay } from './service-way.ts';
import { aPostgresServer } from './services.ts';

/** Of a cluster. */
export const NODES = 3;

/** A supervisor starts again what ended, also what could not start because its database was away. */
const START_WITHIN_MS = 60_000;

/** A deployment as operators have it, each part a process of its own: HAProxy before three nodes, one PostgreSQL, one Redis. */
export class Cluster {
  /** What a node said that ended though nobody killed it. */
  readonly deaths: string[] = [];

  private constructor(
    readonly postgres: PostgresServer,
    /** Another one, after a failover. */
    public redis: RedisServer,
    readonly nodes: readonly ServerProcess[],
    readonly haproxy: Haproxy,
    /** Ways of clients to HAProxy, that can be cut or go silent. */
    readonly ways: readonly NetworkLab[],
    /** Of each node. */
    private readonly toPostgres: readonly ServiceWay[],
    readonly toRedis: readonly ServiceWay[],
  ) {}

  static async start(): Promise<Cluster> {
    const [postgres, redis] = await Promise.all([aPostgresServer(), RedisServer.start()]);
    const [toPostgres, toRedis] = await Promise.all([waysTo(postgres.url), waysTo(redis.url)]);
    const settings = {
      ...{ JWT_SECRET: randomBytes(32).toString('base64url'), TRUSTED_PROXIES: '127.0.0.1' },
      // Tokens outlive the run; half-open connections are found soon; a drain does not wait for clients that are cut off.
      ...{ LIMIT_ACCESS_TOKEN_SECONDS: '3600', LIMIT_PING_SECONDS: '5', DRAIN_SECONDS: '4' },
      // Longer than the database is away for all of them, shorter than one node alone is cut off from it.
      ...{ DATABASE_AWAY_SECONDS: '6' },
    };
    const nodes = await Promise.all(
      toPostgres.map(
        (way, node) => standing(() => ServerProcess.start(way.url, { ...settings, REDIS_URL: toRedis[node]!.url })), // as many
      ),
    );
    const haproxy = await Haproxy.start(nodes);
    const ways = await Promise.all([1, 2].map((seed) => NetworkLab.start(haproxy.port, seeded(seed))));
    return new Cluster(postgres, redis, nodes, haproxy, ways, toPostgres, toRedis);
  }

  node(index: number): ServerProcess {
    return this.nodes[index % NODES]!; // in range
  }

  /** From a node to what it needs. */
  waysOf(index: number): { readonly postgres: ServiceWay; readonly redis: ServiceWay } {
    return { postgres: this.toPostgres[index % NODES]!, redis: this.toRedis[index % NODES]! }; // in range
  }

  /** Until it stands. */
  startNode(index: number): Promise<void> {
    return standing(() => this.node(index).start());
  }

  /** Starts again what ended by itself; `deaths` tells of it. */
  async supervise(): Promise<void> {
    for (const [index, node] of this.nodes.entries()) {
      if (node.running) continue;
      this.deaths.push(node.said);
      await this.startNode(index);
    }
  }

  async askRedis(work: (redis: Redis) => Promise<unknown>): Promise<void> {
    const client = new Redis(this.redis.url, { maxRetriesPerRequest: 0, retryStrategy: () => null });
    client.on('error', () => {}); // it may be away: then nothing is to be asked
    await work(client).catch(() => {});
    client.disconnect();
  }

  setWays(conditions: Conditions): void {
    for (const way of this.ways) way.set(conditions);
  }

  async stop(): Promise<void> {
    await Promise.all(this.ways.map((way) => way.close()));
    await Promise.all(this.nodes.map((node) => node.kill()));
    await Promise.all([...this.toPostgres, ...this.toRedis].map((way) => way.close()));
    await Promise.all([this.haproxy.stop(), this.redis.stop(), this.postgres.stop()]);
  }
}

const waysTo = (url: string) => Promise.all(Array.from({ length: NODES }, () => ServiceWay.start(url)));

/** Resolves when it stands; what can't start now is started again, as a supervisor does. */
export const standing = async <T>(start: () => Promise<T>): Promise<T> => {
  for (const until = performance.now() + START_WITHIN_MS; ; await pause(100))
    try {
      return await start();
    } catch (error) {
      if (performance.now() > until) throw error;
    }
};
