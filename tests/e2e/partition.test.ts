import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { v7 } from 'uuid';
import { awakeMs } from '../support/awake.ts';
import { LossyLink, type Silent } from '../support/lossy-link.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { aDatabase, aRedis } from '../support/services.ts';
import type { WsClient } from '../support/ws-client.ts';

describe('a node that is cut off from Redis, and only from Redis', { timeout: 60_000 }, () => {
  let link: LossyLink;
  let nodes: readonly [RunningServer, RunningServer];
  let people: readonly [TestUser, TestUser];
  let clients: readonly [WsClient, WsClient];
  let id: string;

  beforeAll(async () => {
    const [{ url: databaseUrl }, redis] = [await aDatabase(), await aRedis()];
    link = await LossyLink.to(redis.url);
    const node = (url: string) =>
      RunningServer.start({
        databaseUrl,
        settings: { JWT_SECRET: secret, REDIS_URL: url, REDIS_PREFIX: redis.prefix.replace(/\W/g, '') },
      });
    const secret = randomBytes(32).toString('base64url');
    nodes = [await node(link.url), await node(redis.url)];
    people = [await nodes[0].aUser(), await nodes[1].aUser()];
    id = await nodes[0].aGroup(people[0], [people[1]]);
    clients = [await nodes[0].connectAs(people[0]), await nodes[1].connectAs(people[1])];
  });
  afterAll(() => link.close());

  const unheard = () => Promise.all(nodes.map((node) => node.metric('unheard_nodes')));
  /** From the ack at one to the event at the other, in milliseconds in which the machine ran. */
  const delay = async (from: 0 | 1): Promise<number> => {
    const content = `from ${from}: ${randomBytes(6).toString('hex')}`;
    const { ok } = await clients[from].call('message.send', { id: v7(), conversationId: id, content });
    const acked = awakeMs();
    expect(ok).toBe(true);
    await clients[1 - from]!.until(({ data }) => JSON.stringify(data).includes(content)); // the other one
    return awakeMs() - acked;
  };

  it.each<[Silent, string]>([
    ['both', 'both ways'],
    ['answers', 'so that it speaks and does not hear'],
    ['requests', 'so that it hears and does not speak'],
  ])('cut %s (%s): both hear each other by the database, and as before when it is over', async (silent) => {
    await expect.poll(unheard, { timeout: 10_000 }).toEqual([0, 0]);
    link.silence(silent);
    for (const from of [0, 1, 0, 1] as const) expect(await delay(from)).toBeLessThan(2_000);
    expect((await unheard())[0]).toBe(1);
    link.silence('neither');
    const healed = awakeMs();
    await expect.poll(unheard, { timeout: 10_000, interval: 20 }).toEqual([0, 0]);
    expect(awakeMs() - healed).toBeLessThan(3_000);
    expect([await delay(0), await delay(1)].every((ms) => ms < 500)).toBe(true);
  });
});
