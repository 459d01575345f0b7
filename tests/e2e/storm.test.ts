import { v7 } from 'uuid';
import { expect, it } from 'vitest';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import type { WsClient } from '../support/ws-client.ts';

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
  // To who is on a machine that stands still the database is away: they come once more.
  const enter = async (first: WsClient, { token }: TestUser) => {
    for (let client = first; ; client = await server.connect()) {
      const reply = await client.call('auth', { token }, PATIENCE_MS);
      if (reply.error?.rule !== 'database_away') return { client, reply };
    }
  };
  const welcomes = Promise.all(clients.map((client, n) => enter(client, users[n % users.length]!))); // in range
  await server.post('message.send', { conversationId, id: v7(), content: 'meanwhile' }, owner);
  expect((await welcomes).filter(({ reply }) => !reply.ok)).toEqual([]);
  await server.as(owner, 'message.send', { conversationId, id: v7(), content: 'all present' });
  for (const { client } of await welcomes)
    await client.until(
      ({ data }) => (data['message'] as { content?: string } | undefined)?.content === 'all present',
      PATIENCE_MS,
    );
}, 120_000);
