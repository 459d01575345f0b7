import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UserId } from '#app/domain/shared/ids.ts';
import { Churn, LONELY, Sender } from '../support/chaos-load.ts';
import { aConversationId } from '../support/chat-world.ts';
import { judge } from '../support/checker.ts';
import { dump } from '../support/dump.ts';
import { History } from '../support/history.ts';
import type { PostgresServer } from '../support/postgres-server.ts';
import { RedisServer } from '../support/redis-server.ts';
import { times } from '../support/scale.ts';
import { ServerProcess } from '../support/server-process.ts';
import { aPostgresServer } from '../support/services.ts';
import { Line, Listener, membersOverLine, overLine, SocketFollower, type Somebody } from '../support/socket-load.ts';

const MINUTES = 60_000;

let postgres: PostgresServer;
let redis: RedisServer;
let nodes: readonly [ServerProcess, ServerProcess];

beforeAll(async () => {
  [postgres, redis] = await Promise.all([aPostgresServer(), RedisServer.start()]);
  const settings = { JWT_SECRET: randomBytes(32).toString('base64url'), REDIS_URL: redis.url };
  nodes = await Promise.all([ServerProcess.start(postgres.url, settings), ServerProcess.start(postgres.url, settings)]);
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await Promise.all([redis.stop(), postgres.stop()]);
});

/** Each new connection goes to the other node than the one before, as a balancer would have it. */
const balanced = () => {
  let turn = 0;
  return () => nodes[turn++ % 2]!.ws; // of two
};
const somebody = async (name: string): Promise<Somebody> => {
  const { userId, token } = await nodes[0].aGuest(name);
  return { userId: UserId(userId), token };
};
const group = async (owner: Somebody, members: readonly Somebody[], historyVisible: boolean) => {
  const id = aConversationId();
  const users = members.map(({ userId }) => userId);
  await nodes[0].command('conversation.create', { id, title: 'A circle', users, historyVisible }, owner.token);
  return id;
};
const admin = async (work: (redis: Redis) => Promise<unknown>) => {
  const client = new Redis(redis.url);
  await work(client).finally(() => client.disconnect());
};
const frozen = async (what: { signal(signal: 'SIGSTOP' | 'SIGCONT'): void }, ms: number) => {
  what.signal('SIGSTOP');
  await pause(ms);
  what.signal('SIGCONT');
};
const killed = async (what: { kill(): Promise<void>; start(): Promise<void> }, ms: number) => {
  await what.kill();
  await pause(ms);
  await what.start();
};

const faults: readonly (readonly [string, () => Promise<unknown>])[] = [
  ['subscribers cut', () => admin((client) => client.call('CLIENT', 'KILL', 'TYPE', 'pubsub'))],
  ['Redis killed', () => killed(redis, 1_500)],
  ['node killed', () => killed(nodes[0], Math.random() * 1_000)],
  ['Redis flushed', () => admin((client) => client.flushall())],
  ['Redis frozen', () => frozen(redis, 2_500)],
  ['node frozen', () => frozen(nodes[1], 4_500)],
  ['node and Redis killed', () => Promise.all([killed(nodes[1], 200), killed(redis, 700)])],
  ['all connections to Redis cut', () => admin((client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal'))],
];

it('two nodes lose, double, turn and leak nothing while nodes and Redis break', { timeout: 30 * MINUTES }, async () => {
  const history = new History();
  const [ann, ben, cleo, dan] = (await Promise.all(['Ann', 'Ben', 'Cleo', 'Dan'].map(somebody))) as [
    ...[Somebody, Somebody, Somebody, Somebody],
  ];
  const open = await group(ann, [ben, cleo], true);
  const hidden = await group(ben, [ann, dan], false);
  const senders = (
    [
      ['ann-1', ann, open, 4],
      ['ben-1', ben, open, 4],
      ['cleo-1', cleo, open, LONELY],
      ['ben-1', ben, hidden, 4],
      ['dan-1', dan, hidden, LONELY],
    ] as const
  ).map(([client, who, conv, window]) => {
    const attempt = overLine(new Line(balanced(), who));
    return new Sender(history, client, who.userId, conv, attempt, window, 30);
  });
  const churns = [
    new Churn(history, open, cleo.userId, membersOverLine(new Line(balanced(), ann), open, cleo.userId)),
    new Churn(history, hidden, dan.userId, membersOverLine(new Line(balanced(), ben), hidden, dan.userId)),
  ];
  // On each node, so that whoever was removed by way of the other one is heard listening here.
  const listeners = [ann, ben, cleo, dan].flatMap((who, n) =>
    nodes.map((node, at) => new Listener(history, `listener-${n}-${at}`, node.ws, who)),
  );
  const followers = (
    [
      ['ben-2', ben, open],
      ['cleo-2', cleo, open],
      ['ann-2', ann, hidden],
      ['dan-2', dan, hidden],
    ] as const
  ).map(([name, who, conv]) => new SocketFollower(history, name, balanced(), who, conv));

  const acked = () => senders.reduce((sum, sender) => sum + sender.acked, 0);
  const progress = async (more: number) => {
    const [wanted, late] = [acked() + more, performance.now() + 60_000];
    while (acked() < wanted) {
      if (performance.now() > late) throw new Error('the load stands still');
      await pause(10);
    }
  };
  const rounds = times(2, 25);
  for (let n = 0; n < rounds * faults.length; n++) {
    const [kind, breaks] = faults[n % faults.length]!; // below its length
    await progress(40);
    await breaks();
    history.add({ type: 'fault', kind, endedAt: performance.now() });
  }
  await progress(60);
  await Promise.all([...senders, ...churns].map((one) => one.stop()));
  await Promise.all([...followers, ...listeners].map((one) => one.stop()));

  const { report, violations, recoveriesMs } = judge(history.records, await dump(postgres.url, [open, hidden]), {
    operationMs: 45_000,
  });
  process.stderr.write(`two nodes, ${recoveriesMs.length} faults of ${faults.length} kinds: ${report}\n`);
  expect(violations.slice(0, 10)).toEqual([]);
  expect(recoveriesMs).toHaveLength(rounds * faults.length);
  expect(listeners.reduce((sum, listener) => sum + listener.heard, 0)).toBeGreaterThan(1_000);
});
