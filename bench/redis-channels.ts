/**
 * A channel per conversation against a fixed number of channels, on one Redis: what an event costs, with sockets that come
 * and go meanwhile. `npx tsx bench/redis-channels.ts [rounds]` starts a redis-server of its own. ADR 008 holds the figures.
 */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { RedisServer } from '../tests/support/redis-server.ts';

const CONVERSATIONS = 5_000;
const EVENTS = 100_000;
const EVENTS_PER_TICK = 50;
const PER_SOCKET = 50;

interface Way {
  readonly name: string;
  /** Undefined: one per conversation. */
  readonly shards: number | undefined;
}
const ways: readonly Way[] = [
  { name: 'channel per conversation', shards: undefined },
  { name: '16 channels', shards: 16 },
  { name: '1 channel', shards: 1 },
];

const conversations = Array.from({ length: CONVERSATIONS }, () => randomUUID());
const body = JSON.stringify({
  type: 'message.sent',
  message: { content: { text: 'x'.repeat(100) }, id: randomUUID() },
});
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const cpuOf = async (redis: Redis): Promise<number> => {
  const info = await redis.info('cpu');
  return ['used_cpu_sys', 'used_cpu_user'].reduce(
    (sum, name) => sum + Number(new RegExp(`${name}:([\\d.]+)`).exec(info)?.[1]),
    0,
  );
};

const run = async (url: string, { shards }: Way, socketsPerTick: number) => {
  const publisher = new Redis(url, { enableAutoPipelining: true });
  const subscriber = new Redis(url);
  let heard = 0;
  subscriber.on('message', (_channel: string, message: string) => {
    for (let at = -1; (at = message.indexOf('\n', at + 1)) >= 0; ) heard++;
  });
  const channelOf = (id: string) =>
    shards === undefined ? `c/${id}` : `s/${Number.parseInt(id.slice(0, 4), 16) % shards}`;
  const fixed =
    shards === undefined ? conversations.map(channelOf) : Array.from({ length: shards }, (_, n) => `s/${n}`);
  for (let at = 0; at < fixed.length; at += 500) await subscriber.subscribe(...fixed.slice(at, at + 500));

  const [began, cpu, redisCpu] = [performance.now(), process.cpuUsage(), await cpuOf(publisher)];
  let subscriptions = 0;
  for (let sent = 0; sent < EVENTS; sent += EVENTS_PER_TICK) {
    const byChannel = new Map<string, string>();
    for (let n = 0; n < EVENTS_PER_TICK; n++) {
      const channel = channelOf(conversations[(sent + n * 97) % CONVERSATIONS]!); // below its length
      byChannel.set(channel, `${byChannel.get(channel) ?? ''}${body}\n`);
    }
    const published = [...byChannel].map(([channel, message]) => publisher.publish(channel, message));
    for (let n = 0; n < socketsPerTick && shards === undefined; n++) {
      const theirs = Array.from({ length: PER_SOCKET }, (_, m) => `c/churn-${(sent + n * PER_SOCKET + m) % 50_000}`);
      void subscriber.subscribe(...theirs);
      void subscriber.unsubscribe(...theirs);
      subscriptions += PER_SOCKET;
    }
    await Promise.all(published);
    await turn();
  }
  while (heard < EVENTS) await turn();
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - began;
  const redisMs = ((await cpuOf(publisher)) - redisCpu) * 1_000;
  publisher.disconnect();
  subscriber.disconnect();
  return { ms, nodeUs: (user + system) / EVENTS, redisUs: (redisMs * 1_000) / EVENTS, subscriptions };
};

const median = (numbers: readonly number[]) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

const rounds = Number(process.argv[2] ?? 3);
const server = await RedisServer.start();
for (const socketsPerTick of [0, 1]) {
  const results = new Map<Way, Awaited<ReturnType<typeof run>>[]>(ways.map((way) => [way, []]));
  for (let round = 0; round < rounds; round++)
    for (const way of ways) results.get(way)?.push(await run(server.url, way, socketsPerTick));
  for (const [{ name }, all] of results) {
    const of = (pick: (one: (typeof all)[number]) => number) => median(all.map(pick));
    process.stdout.write(
      `${socketsPerTick ? 'sockets come and go' : 'sockets stay'}, ${name}: ${Math.round(EVENTS / (of(({ ms }) => ms) / 1_000))} events/s, node ${of(({ nodeUs }) => nodeUs).toFixed(1)} us/event, Redis ${of(({ redisUs }) => redisUs).toFixed(1)} us/event, ${of(({ subscriptions }) => subscriptions)} subscriptions\n`,
    );
  }
}
await server.stop();
