import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PostgresServer } from '../support/postgres-server.ts';
import { RedisServer } from '../support/redis-server.ts';
import { ServerProcess } from '../support/server-process.ts';
import { ServiceWay } from '../support/service-way.ts';
import { aPostgresServer } from '../support/services.ts';
import { WsClient } from '../support/ws-client.ts';

const AWAY_SECONDS = 5;
/** At a database that does not answer. */
const TWO_LOOKS_MS = 6_000;
/** Of a machine that does much else. */
const DEADLINE_MS = 60_000;

let postgres: PostgresServer;
let redis: RedisServer;
let toPostgres: ServiceWay;
/** The one whose way breaks, and another. */
let node: ServerProcess;
let other: ServerProcess;
let token: string;
let here: WsClient;
let there: WsClient;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([aPostgresServer(), RedisServer.start()]);
  toPostgres = await ServiceWay.start(postgres.url);
  const settings = {
    ...{ JWT_SECRET: randomBytes(32).toString('base64url'), DATABASE_AWAY_SECONDS: String(AWAY_SECONDS) },
    ...{ DRAIN_NOTICE_SECONDS: '0', DRAIN_SECONDS: '1', REDIS_URL: redis.url },
  };
  [node, other] = await Promise.all([
    ServerProcess.start(toPostgres.url, settings),
    ServerProcess.start(postgres.url, settings),
  ]);
  ({ token } = await node.aGuest('Ann'));
});
afterAll(async () => {
  await toPostgres?.close();
  await Promise.all([node, other].map((one) => one?.kill()));
  await Promise.all([redis?.stop(), postgres?.stop()]);
});

const ready = async (one: ServerProcess) => (await fetch(`${one.http}/readyz`)).status === 200;
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (const late = performance.now() + DEADLINE_MS; !(await holds()); await pause(100))
    if (performance.now() > late) throw new Error(`not within ${DEADLINE_MS} ms: ${holds.toString()}`);
};
const connect = async (one: ServerProcess): Promise<WsClient> => {
  const client = await WsClient.connect(one.ws);
  await client.auth(token);
  return client;
};

beforeEach(async () => {
  toPostgres.heal();
  await until(() => ready(node));
  await until(async () => (await node.metric('other_nodes')) === 1);
  [here, there] = (await Promise.all([node, other].map(connect))) as [WsClient, WsClient];
});

it('a node that alone is cut off from the database sends its clients on, who are taken elsewhere', async () => {
  toPostgres.hold('up', 'down');
  const { code } = await here.ended(DEADLINE_MS);
  expect(code).toBe(1012);
  expect(await ready(node)).toBe(false);
  expect([there.open, await ready(other)]).toEqual([true, true]);
  await there.close();
});

it('nobody is sent anywhere while the database is away for all', async () => {
  await postgres.freeze();
  try {
    await until(async () => !(await ready(node)) && !(await ready(other)));
    await pause(TWO_LOOKS_MS); // nothing is to happen
    expect([here.open, there.open]).toEqual([true, true]);
  } finally {
    await postgres.thaw();
  }
  await Promise.all([here.close(), there.close()]);
});
