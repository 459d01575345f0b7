import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PRESENCE_GRACE_MS } from '#app/domain/connection/presence.ts';
import { SessionId, UserId } from '#app/domain/shared/ids.ts';
import { JoseAccessTokens } from '#app/infrastructure/auth/jose-access-tokens.ts';
import { TEST_BUILD } from '../support/kill-point-cluster.ts';
import type { NodeOrder } from '../support/kill-point-orders.ts';
import { Scene } from '../support/kill-point-scene.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { RedisServer } from '../support/redis-server.ts';
import { ServerProcess } from '../support/server-process.ts';
import { aPostgresServer } from '../support/services.ts';
import type { Somebody } from '../support/socket-load.ts';
import { WsClient } from '../support/ws-client.ts';

const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];
/** Of what the database's clock says, on a machine that is busy with other tests. */
const AS_GOOD_AS_NOW = 5 * MINUTE;
const PATIENCE = { timeout: 60_000, interval: 100 };
const REFRESHES = 20;

const secret = randomBytes(32).toString('base64url');
let postgres: PostgresServer;
let redis: RedisServer;
/** An hour behind, 2 % too fast, an hour ahead. */
let nodes: readonly [ServerProcess, ServerProcess, ServerProcess];

beforeAll(async () => {
  [postgres, redis] = await Promise.all([aPostgresServer(), RedisServer.start()]);
  const settings = { JWT_SECRET: secret, REDIS_URL: redis.url, LIMIT_RATE_REFRESH: `1/${REFRESHES}` };
  const start = (CLOCK: string) => ServerProcess.start(postgres.url, { ...settings, CLOCK }, TEST_BUILD);
  nodes = await Promise.all([start(`${-HOUR}`), start('0 1.02'), start(`${HOUR}`)]);
}, 120_000);
afterAll(async () => {
  await Promise.all((nodes ?? []).map((node) => node.kill()));
  await Promise.all([redis?.stop(), postgres?.stop()]);
});

const step = (node: ServerProcess, stepMs: number) => node.tell({ stepMs } satisfies NodeOrder);

/** Somebody whose token was given two hours ago for six: valid by the clock of each of the nodes. */
const person = async (displayName: string): Promise<Somebody> => {
  const { user, session } = await nodes[1].command('session.guest', { displayName });
  const [userId, sessionId] = [user, session].map((one) => (one as { id: string }).id) as [string, string];
  const then = { now: () => Date.now() - 2 * HOUR, monotonic: () => performance.now() };
  const signer = new JoseAccessTokens(secret, { issuer: 'tertulia', audience: 'tertulia', ttlMs: 6 * HOUR }, then);
  return { userId: UserId(userId), token: (await signer.issue(UserId(userId), SessionId(sessionId))).token };
};

const connected = async (node: ServerProcess, { token }: Somebody): Promise<WsClient> => {
  const client = await WsClient.connect(node.ws);
  const reply = await client.auth(token);
  if (!reply.ok) throw new Error(`auth was refused: ${reply.error?.rule}`);
  return client;
};

const offBy = async (node: ServerProcess, who: Somebody): Promise<number> => {
  const client = await connected(node, who);
  const { data } = await client.call('ping');
  await client.close();
  return (data?.['timestamp'] as number) - Date.now();
};

const taken = (node: ServerProcess, token: string): Promise<boolean> =>
  node.command('user.me', {}, token).then(
    () => true,
    (error: Error) => {
      if (error.message.includes('401')) return false;
      throw error;
    },
  );

it('nodes whose clocks differ by hours, drift and step lose, double, turn and leak nothing', {
  timeout: 180_000,
}, async () => {
  const someone = await person('Someone');
  expect(await offBy(nodes[0], someone)).toBeLessThan(-HOUR + AS_GOOD_AS_NOW);
  expect(await offBy(nodes[2], someone)).toBeGreaterThan(HOUR - AS_GOOD_AS_NOW);
  const scene = await Scene.begin({ nodes, databaseUrl: postgres.url, supervise: async () => {}, person });
  await scene.progress(150);
  for (const [node, ms] of [
    [nodes[0], 90 * MINUTE],
    [nodes[2], -2 * HOUR],
    [nodes[0], -90 * MINUTE],
    [nodes[2], 2 * HOUR],
  ] as const) {
    step(node, ms);
    await scene.progress(50);
    await scene.recover(`clock steps by ${ms / MINUTE} minutes`);
  }
  const { violations, report } = await scene.end();
  process.stderr.write(`clocks an hour apart: ${report}\n`);
  expect(violations.slice(0, 10)).toEqual([]);
  for (const node of nodes) expect(await node.metric('silent_loss_repaired_total')).toBe(0);
});

it('a message sent at all of them at once is one, of the time of the database', async () => {
  const ann = await person('Ann');
  const [id, conversationId] = [v7(), v7()];
  await nodes[0].command('conversation.create', { id: conversationId, title: 'A circle', users: [] }, ann.token);
  const input = { id, conversationId, content: 'once' };
  const acks = await Promise.all(nodes.map((node) => node.command('message.send', input, ann.token)));
  expect(acks.filter(({ duplicate }) => duplicate !== true)).toHaveLength(1);
  const told = acks.map(({ seq, rev, sentAt }) => ({ seq, rev, sentAt }));
  expect(told).toEqual([told[0], told[0], told[0]]);
  expect(Math.abs(Date.parse(told[0]!.sentAt as string) - Date.now())).toBeLessThan(AS_GOOD_AS_NOW);
});

it.concurrent('presence goes and comes, and who left was seen when they left', async ({ expect }) => {
  const [ann, ben] = [await person('Ann'), await person('Ben')];
  await nodes[1].command('conversation.open_private', { userId: ben.userId }, ann.token);
  const [anns, bens] = [await connected(nodes[1], ann), await connected(nodes[0], ben)];
  const bensRow = async () => {
    const { data } = await anns.call('presence.watch', { users: [ben.userId] });
    const [row] = data!['users'] as { status: string; lastSeen?: string }[]; // members of one conversation see each other
    return row!; // one was asked for
  };
  await expect.poll(async () => (await bensRow()).status, PATIENCE).toBe('online');
  const left = performance.now();
  await bens.close();
  await expect.poll(async () => (await bensRow()).status, PATIENCE).toBe('offline');
  expect(performance.now() - left).toBeGreaterThan(PRESENCE_GRACE_MS - SECOND);
  const { lastSeen } = await bensRow();
  expect(Math.abs(Date.parse(lastSeen!) - Date.now())).toBeLessThan(AS_GOOD_AS_NOW);
  await anns.close();
}, 90_000);

it.concurrent('a node that dies is missed by its lease, and no other is', async ({ expect }) => {
  const known = (name: string) => Promise.all(nodes.slice(0, 2).map((node) => node.metric(name)));
  await expect.poll(() => known('other_nodes'), PATIENCE).toEqual([2, 2]);
  await expect.poll(() => known('registered_nodes'), PATIENCE).toEqual([3, 3]);
  await expect.poll(() => known('unheard_nodes'), PATIENCE).toEqual([0, 0]);
  await nodes[2].kill();
  await expect.poll(() => known('other_nodes'), PATIENCE).toEqual([1, 1]);
  await expect.poll(() => known('registered_nodes'), PATIENCE).toEqual([2, 2]);
  await nodes[2].start();
  await expect.poll(() => known('registered_nodes'), PATIENCE).toEqual([3, 3]);
}, 120_000);

const enter = async (node: ServerProcess) => {
  const { accessToken, refreshToken } = await node.command('session.guest', { displayName: 'Ann' });
  return { accessToken, refreshToken } as { readonly accessToken: string; readonly refreshToken: string };
};
const takers = (token: string) => Promise.all(nodes.map((node) => taken(node, token)));

it('an hour apart, nodes refuse tokens that others gave out, and renew them', async () => {
  const { accessToken, refreshToken } = await enter(nodes[1]);
  expect(await takers(accessToken)).toEqual([false, true, false]);
  const renewed = await nodes[0].command('session.refresh', { refreshToken });
  expect(await takers(renewed['accessToken'] as string)).toEqual([true, false, false]);
});

it('limits are one for all nodes, and fill again', async () => {
  const began = performance.now();
  const refresh = (n: number): Promise<string> =>
    nodes[n % 3]!.command('session.refresh', { refreshToken: 'none' }).then(
      () => 'renewed',
      (error: Error) => error.message,
    );
  const unanswered = async () =>
    (await Promise.all(nodes.map((node) => node.metric('redis_failures_total')))).reduce((sum, one) => sum + one, 0);
  const before = await unanswered();
  const tries = await Promise.all(Array.from({ length: 3 * REFRESHES }, (_, n) => refresh(n)));
  // Whom Redis does not answer in time, a node judges alone.
  const alone = (await unanswered()) - before;
  const refused = tries.filter((told) => told.includes('429'));
  const filled = Math.ceil((performance.now() - began) / SECOND) + 1;
  expect(tries.length - refused.length).toBeGreaterThanOrEqual(REFRESHES - 1);
  expect(tries.length - refused.length).toBeLessThanOrEqual(REFRESHES + filled + alone);
  for (const told of refused) {
    const { retryAfterMs } = JSON.parse(told.slice(told.indexOf('{'))) as { retryAfterMs: number };
    expect(retryAfterMs).toBeLessThan(MINUTE);
  }
  for (const n of nodes.keys()) await expect.poll(() => refresh(n), PATIENCE).not.toContain('429');
});

it('within half a minute, they take them', async () => {
  const apart = 10 * SECOND;
  step(nodes[0], HOUR - apart);
  step(nodes[2], apart - HOUR);
  const someone = await person('Someone');
  const furthest = async () =>
    Math.max(...(await Promise.all(nodes.map((node) => offBy(node, someone)))).map(Math.abs));
  await expect.poll(furthest, PATIENCE).toBeLessThan(AS_GOOD_AS_NOW);
  for (const node of nodes) expect(await takers((await enter(node)).accessToken)).toEqual([true, true, true]);
});
