import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DialectClient, dialects } from '../support/dialects.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';

describe('clients of every sub-protocol in one conversation', () => {
  let server: RunningServer;
  let users: readonly TestUser[];
  let clients: readonly DialectClient[];
  let id: string;

  beforeAll(async () => {
    server = await RunningServer.start();
    users = await server.users(dialects.length);
    const [owner, ...members] = users as [TestUser, ...TestUser[]];
    id = await server.aGroup(owner, members);
    clients = await Promise.all(dialects.map((dialect) => DialectClient.connect(server.ws, dialect)));
  });
  afterAll(() => {
    for (const { socket } of clients) socket.terminate();
  });

  it('say who they are', async () => {
    const welcomes = await Promise.all(clients.map((client, n) => client.call('auth', { token: users[n]!.token }))); // one each
    expect(welcomes.map(({ data }) => data?.['userId'])).toEqual(users.map(({ userId }) => userId));
    expect(clients.map(({ socket }) => socket.protocol)).toEqual(dialects.map(({ protocol }) => protocol));
  });

  const words = 'All of it: 😀 "quotes" \\ \u2028 مرحبا';

  it.each(dialects.map(({ protocol }, n) => [protocol, n] as const))(
    'what is sent in %s is answered in it, and heard in all the others',
    async (_protocol, n) => {
      const speaker = clients[n]!; // one each
      const { ok, data } = await speaker.call('message.send', { conversationId: id, id: v7(), content: words });
      expect([ok, data]).toEqual([true, expect.objectContaining({ conversationId: id, duplicate: false })]);
      for (const client of clients.filter((other) => other !== speaker)) {
        const { data: heard } = await client.until('message.created', ({ rev }) => rev === data!['rev']); // it went well
        expect(heard).toEqual({
          ...{ conversationId: id, rev: data!['rev'] }, // as above
          message: {
            ...{ id: expect.any(String) as string, seq: data!['seq'], rev: data!['rev'], sentAt: data!['sentAt'] }, // as above
            ...{ senderId: users[n]!.userId, type: 'text', content: words }, // as above
          },
        });
      }
    },
  );

  it.each(dialects.map(({ protocol }, n) => [protocol, n] as const))(
    'refusals in %s say the same',
    async (_protocol, n) => {
      const { ok, error } = await clients[n]!.call('message.send', { conversationId: id, id: v7(), content: ' ' });
      expect([ok, error]).toEqual([
        false,
        {
          ...{ code: 'invalid', rule: 'invalid_input', message: expect.any(String) as string },
          details: [{ path: 'content', expected: 'at least one visible character' }],
        },
      ]);
    },
  );

  it('old clients find their own words in the simple one', async () => {
    const simple = clients.at(-1)!; // the last
    const sent = await simple.call('message', { conversation_id: id, content: 'in old words' });
    expect(sent.data).toMatchObject({ conversationId: id });
    await clients[0]!.until('message.created', ({ rev }) => rev === sent.data!['rev']); // it went well
    const to = await simple.call('message', { to: users[0]!.userId, content: 'to you alone' });
    expect(to.data).toMatchObject({ seq: 1 });
    const read = await simple.call('read', { conversation_id: id, seq: sent.data!['seq'] as number }); // as above
    expect(read.data).toMatchObject({
      membership: { conversationId: id, readSeq: sent.data!['seq'], unread: { count: 0 } },
    });
    expect((await simple.call('ping', {})).data).toEqual({ timestamp: expect.any(Number) as number });
  });
});
