import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { aDatabase, aRedis } from '../support/services.ts';
import type { WsClient } from '../support/ws-client.ts';

const DEADLINE = { timeout: 30_000 };

const twoNodes = async (by: 'Redis' | 'PostgreSQL', more: Readonly<Record<string, string>>) => {
  const [{ url: databaseUrl }, redis] = [await aDatabase(), by === 'Redis' ? await aRedis() : undefined];
  const settings = {
    JWT_SECRET: randomBytes(32).toString('base64url'),
    ...(redis && { REDIS_URL: redis.url, REDIS_PREFIX: redis.prefix.replace(/\W/g, '') }),
    ...more,
  };
  const nodes = [
    await RunningServer.start({ databaseUrl, settings }),
    await RunningServer.start({ databaseUrl, settings }),
  ] as [RunningServer, RunningServer];
  for (const node of nodes) {
    if (redis) await expect.poll(() => node.metric('unheard_nodes'), DEADLINE).toBe(0);
    // Each has read once who else is registered.
    await expect.poll(() => node.metric('registered_nodes'), DEADLINE).toBe(2);
  }
  return nodes;
};

/** A connection that was counted: what keeps the count may be away to who is on a machine that stands still, and nobody waits for it. */
const counted = async (node: RunningServer, user: TestUser): Promise<WsClient> => {
  for (;;) {
    const before = await node.metric('registry_failures_total');
    const client = await node.connectAs(user);
    if ((await node.metric('registry_failures_total')) === before) return client;
    await client.close();
  }
};

describe.each(['Redis', 'PostgreSQL'] as const)('sockets of one user on two nodes that share a %s', (by) => {
  it('are counted together: one too many is refused, and has room once another has gone', async () => {
    const [a, b] = await twoNodes(by, { LIMIT_SOCKETS_PER_USER: '2' });
    const ada = await a.aUser();
    const first = await counted(a, ada);
    await counted(b, ada);
    for (const node of [a, b]) {
      const third = await node.connect();
      expect(await third.auth(ada.token)).toMatchObject({
        ...{ ok: false, error: { code: 'rate_limited', rule: 'sockets_per_user' } },
      });
      expect((await third.ended()).code).toBe(4503);
    }
    await first.close();
    await expect.poll(async () => (await (await b.connect()).auth(ada.token)).ok, DEADLINE).toBe(true);
    await b.connectAs(await a.aUser());
  });

  it('make room for the newest where that is wished, on whichever node the oldest is', async () => {
    const [a, b] = await twoNodes(by, { LIMIT_SOCKETS_PER_USER: '2', LIMIT_SOCKETS_EVICT: 'true' });
    const ada = await a.aUser();
    const [first, second] = [await counted(a, ada), await counted(b, ada)];
    const third = await counted(b, ada);
    expect((await first.ended()).code).toBe(4503);
    const fourth = await counted(a, ada);
    expect((await second.ended()).code).toBe(4503);
    expect([third.open, fourth.open]).toEqual([true, true]);
  });
});

it('sockets of one address are counted on both nodes', async () => {
  const [a, b] = await twoNodes('Redis', {
    LIMIT_SOCKETS_PER_ADDRESS: '4',
    LIMIT_UNAUTHENTICATED_SOCKETS_PER_ADDRESS: '4',
  });
  for (let n = 0; n < 3; n++) await a.connect();
  const last = await b.connect();
  await expect.poll(() => b.connect().then(() => 'let in', String), DEADLINE).toContain('429');
  await last.close();
});
