import { v7 } from 'uuid';
import { expect, it } from 'vitest';
import { RunningServer } from '../support/running-server.ts';

it('lets everybody in who comes back at the same moment, and serves others meanwhile', async () => {
  const server = await RunningServer.start({ settings: { LIMIT_UNAUTHENTICATED_SOCKETS_PER_ADDRESS: '2000' } });
  const users = await server.users(30);
  const [owner, ...members] = users as [(typeof users)[number], ...typeof users];
  const conversationId = await server.aGroup(owner, members);
  const clients = await Promise.all(Array.from({ length: 900 }, () => server.connect()));
  const welcomes = Promise.all(clients.map((client, n) => client.auth(users[n % users.length]!.token))); // in range
  const sent = await server.request('POST', '/v1/commands/message.send', {
    user: owner,
    body: { conversationId, id: v7(), content: 'meanwhile' },
  });
  expect(sent.status).toBe(200);
  expect((await welcomes).filter(({ ok }) => !ok)).toEqual([]);
  await server.as(owner, 'message.send', { conversationId, id: v7(), content: 'all present' });
  for (const client of clients)
    await client.until(({ data }) => (data['message'] as { content?: string } | undefined)?.content === 'all present');
}, 60_000);
