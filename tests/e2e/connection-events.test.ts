import { Client } from 'pg';
import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { DomainEvent } from '#app/domain/shared/domain-event.ts';
import { RunningServer } from '../support/running-server.ts';

const DEADLINE = { timeout: 30_000, interval: 20 };

/** Everything that a host program hears of one server. */
describe.each(['uws', 'ws'] as const)('what listeners are told of connections, on %s', (transport) => {
  let server: RunningServer;
  let told: DomainEvent[];
  beforeAll(async () => {
    server = await RunningServer.start({
      transport,
      settings: { LIMIT_BUFFERED_BYTES: '67108864', DRAIN_SECONDS: '2' },
    });
    server.server.events.on('*', (event) => void told.push(event));
  });
  beforeEach(() => {
    told = [];
  });
  afterAll(() => server.stop());

  const ofConnection = (id: string) =>
    told.filter((event) => 'connectionId' in event && event.connectionId === id && event.type !== 'command.handled');
  const typesOf = (id: string) => ofConnection(id).map(({ type }) => type);
  const statesOf = (id: string) =>
    ofConnection(id).flatMap((event) => (event.type === 'connection.changed' ? [`${event.from} ${event.to}`] : []));
  const idOf = (userId: string) => {
    const event = told.findLast((one) => one.type === 'user.connected' && one.userId === userId);
    return event && 'connectionId' in event ? event.connectionId : '';
  };
  const connected = async (user: Awaited<ReturnType<RunningServer['aUser']>>) => {
    const client = await server.connectAs(user);
    return { client, id: idOf(user.userId) };
  };

  it.each([
    ['that says goodbye', (client: { close(): unknown }) => client.close(), [1000, 1005]],
    ['that is cut off', (client: { socket: { terminate(): void } }) => client.socket.terminate(), [1006]],
  ] as const)('one of each of a socket %s, with the code', async (_how, end, codes) => {
    const ann = await server.aUser();
    const { client, id } = await connected(ann);
    await end(client);
    await expect.poll(() => typesOf(id).at(-1), DEADLINE).toBe('connection.removed');
    expect(typesOf(id).filter((type) => !type.startsWith('channel.'))).toEqual([
      ...['connection.opened', 'connection.changed', 'user.connected'],
      ...['connection.changed', 'user.disconnected', 'connection.closed', 'connection.removed'],
    ]);
    expect(statesOf(id)).toEqual(['new authenticated', 'authenticated closed']);
    for (const event of ofConnection(id)) if ('code' in event) expect(codes).toContain(event.code);
  });

  it('each channel once when it is heard, anew on the next socket, and once when it is left', async () => {
    const [ann, ben] = await server.users(2);
    const conversationId = await server.aGroup(ann!, [ben!]);
    const channelsOf = (id: string, change: 'subscribed' | 'unsubscribed') =>
      ofConnection(id)
        .flatMap((event) => ('channel' in event && event.type === `channel.${change}` ? [event.channel] : []))
        .toSorted((one, other) => (one < other ? -1 : 1));
    const first = await connected(ben!);
    const channels = channelsOf(first.id, 'subscribed');
    expect(channels).toHaveLength(2);
    expect(channels.map((channel) => channel.includes(conversationId) || channel.includes(ben!.userId))).toEqual([
      true,
      true,
    ]);
    await first.client.auth(ben!.token); // a renewal
    expect(channelsOf(first.id, 'subscribed')).toEqual(channels);
    first.client.socket.terminate();
    await expect.poll(() => channelsOf(first.id, 'unsubscribed'), DEADLINE).toEqual(channels);
    const second = await connected(ben!);
    expect(channelsOf(second.id, 'subscribed')).toEqual(channels);
    await server.as(ann!, 'member.remove', { conversationId, userId: ben!.userId });
    await expect.poll(() => channelsOf(second.id, 'unsubscribed').length, DEADLINE).toBe(1);
  });

  it('each ping as one of its peer', async () => {
    const { client, id } = await connected(await server.aUser());
    for (let n = 0; n < 3; n++) await client.call('ping');
    expect(typesOf(id).filter((type) => type === 'ping.received')).toHaveLength(3);
  });

  it('what was sent once it is committed, with its seq', async () => {
    const [ann, ben] = await server.users(2);
    const conversationId = await server.aGroup(ann!, [ben!]);
    const database = new Client({ connectionString: server.databaseUrl });
    await database.connect();
    onTestFinished(() => database.end());
    const stored: Promise<unknown>[] = [];
    const end = server.server.events.on('message.sent', ({ message }) => {
      stored.push(
        database
          .query('SELECT seq::int FROM messages WHERE conversation_id = $1 AND id = $2', [conversationId, message.id])
          .then(({ rows }) => [message.seq, rows[0]?.seq]),
      );
    });
    const ids = [v7(), v7(), v7()];
    for (const id of ids) await server.post('message.send', { conversationId, id, content: 'Hello' }, ann!);
    await expect.poll(() => stored.length, DEADLINE).toBe(3);
    end();
    const seqs = (await Promise.all(stored)) as [number, number][];
    expect(seqs.map(([said, found]) => said - found)).toEqual([0, 0, 0]);
    expect(seqs.map(([seq]) => seq)).toEqual([0, 1, 2].map((n) => seqs[0]![0] + n));
  });

  it('the states of a socket: it lags while its peer does not read, and drains before it is closed', async () => {
    const [ann, ben] = await server.users(2);
    const conversationId = await server.aGroup(ann!, [ben!]);
    const writer = await connected(ann!);
    const reader = await connected(ben!);
    reader.client.socket.pause();
    const content = '界'.repeat(5_000);
    const send = () => writer.client.call('message.send', { id: v7(), conversationId, content }, 15_000);
    const lags = () => statesOf(reader.id).includes('authenticated lagging');
    for (let sent = 0; !lags() && sent < 2_000; sent += 50) await Promise.all(Array.from({ length: 50 }, send));
    await expect.poll(lags, DEADLINE).toBe(true);
    reader.client.socket.resume();
    await expect.poll(() => statesOf(reader.id).at(-1), DEADLINE).toBe('lagging authenticated');
    await server.stop();
    expect(statesOf(reader.id)).toEqual([
      ...['new authenticated', 'authenticated lagging', 'lagging authenticated'],
      ...['authenticated draining', 'draining closed'],
    ]);
  }, 90_000);
});

it('a server tells of its own heartbeat, with its lag, its connections and its queue', async () => {
  const server = await RunningServer.start();
  const beats: DomainEvent[] = [];
  server.server.events.on('server.heartbeat', (event) => void beats.push(event));
  const clients = [await server.connect(), await server.connect()];
  await expect.poll(() => beats.length, DEADLINE).toBeGreaterThan(0);
  expect(beats[0]).toEqual({
    type: 'server.heartbeat',
    lagMs: expect.any(Number),
    connections: clients.length,
    queued: 0,
  });
});
