import { setTimeout as pause } from 'node:timers/promises';
import { v7 } from 'uuid';
import { expect, it } from 'vitest';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import type { Reply, WsClient } from '../support/ws-client.ts';

/** Of 900 at once, on a machine that does much else. */
const PATIENCE_MS = 60_000;

it('lets everybody in who comes back at the same moment, and serves others meanwhile', async () => {
  // Whoever comes first has time to say who they are until the last has come.
  const settings = { LIMIT_UNAUTHENTICATED_SOCKETS_PER_ADDRESS: '2000', LIMIT_AUTH_SECONDS: '60' };
  const server = await RunningServer.start({ settings });
  const users = await server.users(30);
  const [owner, ...members] = users as [(typeof users)[number], ...typeof users];
  const conversationId = await server.aGroup(owner, members);
  const clients = await Promise.all(Array.from({ length: 900 }, () => server.connect()));
  const enter = async (client: WsClient, { token }: TestUser): Promise<Reply> => {
    for (; ; await pause(500)) {
      const reply = await client.call('auth', { token }, PATIENCE_MS);
      if (reply.error?.rule !== 'database_away') return reply; // to who is on a machine that stands still it is
    }
  };
  const welcomes = Promise.all(clients.map((client, n) => enter(client, users[n % users.length]!))); // in range
  await server.post('message.send', { conversationId, id: v7(), content: 'meanwhile' }, owner);
  expect((await welcomes).filter(({ ok }) => !ok)).toEqual([]);
  await server.as(owner, 'message.send', { conversationId, id: v7(), content: 'all present' });
  for (const client of clients)
    await client.until(
      ({ data }) => (data['message'] as { content?: string } | undefined)?.content === 'all present',
      PATIENCE_MS,
    );
}, 120_000);
