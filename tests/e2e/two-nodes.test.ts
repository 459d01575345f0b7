import { Redis } from 'ioredis';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awakeMs } from '../support/awake.ts';
import { deployment, Node, settled } from '../support/nodes.ts';
import { RedisServer } from '../support/redis-server.ts';
import { aDatabase } from '../support/services.ts';
import type { WsClient } from '../support/ws-client.ts';

interface Person {
  readonly userId: string;
  readonly token: string;
}
interface Circle {
  readonly id: string;
  readonly ann: Person;
  readonly ben: Person;
  /** On the first node. */
  readonly anns: WsClient;
  /** On the second. */
  readonly bens: WsClient;
}

const person = async ({ server }: Node, displayName: string): Promise<Person> => {
  const { user, accessToken } = await server.post('session.guest', { displayName });
  return { userId: (user as { id: string }).id, token: accessToken as string };
};

const aCircle = async (a: Node, b: Node): Promise<Circle> => {
  const [ann, ben] = [await person(a, 'Ann'), await person(b, 'Ben')];
  const id = v7();
  await a.server.post('conversation.create', { id, title: 'A circle', users: [ben.userId] }, ann.token);
  const [anns, bens] = [await a.server.connect(ann.token), await b.server.connect(ben.token)];
  return { id, ann, ben, anns, bens };
};

/** Of a machine that does much else. */
const PATIENCE_MS = 15_000;

/** Answers after how many milliseconds the other one heard it, from the ack on: of those in which the machine ran. */
const delay = async ({ id, anns, bens }: Circle, content = 'Hello'): Promise<number> => {
  const reply = await anns.call('message.send', { id: v7(), conversationId: id, content });
  if (!reply.ok) throw new Error(JSON.stringify(reply.error));
  const acked = awakeMs();
  await heard(bens, id, reply.data?.['rev'] as number);
  return awakeMs() - acked;
};

/** Told by an event of its own, or by what stands for several. */
const heard = (client: WsClient, id: string, rev: number) =>
  client.until(
    ({ data }) => data['conversationId'] === id && Number(data['rev'] ?? data['upTo'] ?? messageOf(data)?.rev) >= rev,
    PATIENCE_MS,
  );
const messageOf = (data: Record<string, unknown>) => data['message'] as { rev: number } | undefined;

const median = (numbers: readonly number[]) => numbers.toSorted((one, other) => one - other)[numbers.length >> 1];

describe('two nodes on one PostgreSQL and one Redis', () => {
  let redis: RedisServer;
  let a: Node;
  let b: Node;
  let circle: Circle;

  beforeAll(async () => {
    redis = await RedisServer.start();
    const settings = deployment((await aDatabase()).url, redis.url);
    [a, b] = await Promise.all([Node.start(settings), Node.start(settings)]);
    await settled([a, b]);
    circle = await aCircle(a, b);
  });
  afterAll(async () => {
    await Promise.all([a.stop(), b.stop()]);
    await redis.stop();
  });

  it('serve one conversation, and nothing has to be found in the database', async () => {
    const delays = [];
    for (let n = 0; n < 50; n++) delays.push(await delay(circle));
    expect(median(delays)).toBeLessThan(250); // by the database it would be half a second
    expect([await a.metric('silent_loss_repaired_total'), await b.metric('silent_loss_repaired_total')]).toEqual([
      0, 0,
    ]);
    expect(circle.bens.events.filter(({ type }) => type === 'conversation.changes')).toEqual([]);
  });

  it('tell a user on the other node of memberships, and who was removed hears nothing more', async () => {
    const cleo = await person(b, 'Cleo');
    const cleos = await b.server.connect(cleo.token);
    const [conversationId, token] = [circle.id, circle.ann.token];
    await a.server.post('member.add', { conversationId, users: [cleo.userId] }, token);
    await cleos.until(({ type }) => type === 'membership.joined');
    await delay({ ...circle, bens: cleos });
    await a.server.post('member.remove', { conversationId, userId: cleo.userId }, token);
    await delay(circle, 'not for Cleo');
    await cleos.until(({ type }) => type === 'membership.left');
    expect(JSON.stringify(cleos.events)).not.toContain('not for Cleo');
  });

  it('close within two seconds what was revoked on the other node, also while its announcement gets lost', async () => {
    for (const flushed of [false, true]) {
      const cleo = await person(b, 'Cleo');
      const cleos = await b.server.connect(cleo.token);
      if (flushed) {
        const admin = new Redis(redis.url);
        await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        admin.disconnect();
      }
      await a.server.post('session.revoke_all', {}, cleo.token);
      const revoked = awakeMs();
      expect((await cleos.ended()).code).toBe(4502);
      expect(awakeMs() - revoked).toBeLessThan(2_000);
    }
  });

  it.each([
    ['killed', async () => redis.kill(), async () => redis.start()],
    ['frozen', async () => redis.signal('SIGSTOP'), async () => redis.signal('SIGCONT')],
  ])('go on while Redis is %s, at most 1.5 seconds later, and as before within 3 seconds', async (_how, take, give) => {
    await settled([a, b]);
    await take();
    const delays = [];
    for (let n = 0; n < 5; n++) delays.push(await delay(circle));
    expect(Math.max(...delays)).toBeLessThan(1_500);
    expect(
      (await fetch(`http://127.0.0.1:${a.server.port}/readyz`).then((response) => response.json())) as object,
    ).toMatchObject({
      status: 'degraded',
    });
    await give();
    const returned = awakeMs();
    await settled([a, b]);
    expect(awakeMs() - returned).toBeLessThan(3_000);
    expect(await delay(circle)).toBeLessThan(500);
  });

  it('lose nothing when Redis is flushed', async () => {
    await settled([a, b]);
    const admin = new Redis(redis.url);
    await admin.flushall();
    admin.disconnect();
    expect(await delay(circle)).toBeLessThan(500);
  });

  it('take over from one another: a sender whose node was killed goes on at the other', async () => {
    const id = v7();
    const sent = circle.anns.call('message.send', { id, conversationId: circle.id, content: 'the last words' });
    sent.catch(() => {}); // whether it was answered is not known
    await a.kill();
    const again = await b.server.connect(circle.ann.token);
    const reply = await again.call('message.send', { id, conversationId: circle.id, content: 'the last words' });
    expect(reply.ok).toBe(true);
    // Who died may have committed what it told nobody; the others find it when its lease has run out.
    await heard(circle.bens, circle.id, reply.data?.['rev'] as number);
    await a.restart();
    await settled([a, b]);
    expect(await delay({ ...circle, anns: await a.server.connect(circle.ann.token) })).toBeLessThan(500);
  });
});

describe('two nodes on one PostgreSQL, without Redis', () => {
  let a: Node;
  let b: Node;
  beforeAll(async () => {
    const settings = deployment((await aDatabase()).url);
    [a, b] = await Promise.all([Node.start(settings), Node.start(settings)]);
  });
  afterAll(async () => {
    await Promise.all([a.stop(), b.stop()]);
  });

  it('serve one conversation, a second later', async () => {
    await expect
      .poll(() => Promise.all([a.metric('unheard_nodes'), b.metric('unheard_nodes')]), { timeout: PATIENCE_MS })
      .toEqual([1, 1]);
    const circle = await aCircle(a, b);
    const delays = [];
    for (let n = 0; n < 5; n++) delays.push(await delay(circle));
    expect(Math.max(...delays)).toBeLessThan(1_500);
    expect(await b.metric('silent_loss_repaired_total')).toBe(0);
  });

  it('leave each other in peace once one has left', async () => {
    await a.stop();
    await expect.poll(() => b.metric('other_nodes'), { timeout: PATIENCE_MS }).toBe(0);
    await a.restart();
  });
});
