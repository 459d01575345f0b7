import { afterEach, describe, expect, it } from 'vitest';
import { type Client, createClient, memoryOutbox, type OutboxStorage } from '../../clients/sdk/src/index.ts';
import { NetworkLab } from '../support/network-lab.ts';
import { eventually } from '../support/raw-socket.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';

const clients: Client[] = [];
const labs: NetworkLab[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const lab of labs.splice(0)) await lab.close();
});

const clientOf = async (url: string, user: TestUser, outbox: OutboxStorage) => {
  const client = createClient({ url, auth: user.token, outbox });
  clients.push(client);
  client.start();
  await client.ready;
  return client;
};

const labOf = async (server: RunningServer) => {
  const lab = await NetworkLab.start(server.port);
  labs.push(lab);
  return lab;
};

const storedTexts = async (server: RunningServer, user: TestUser, conversationId: string) => {
  const texts: unknown[] = [];
  for (let after = 0; ; ) {
    const page = await server.as(user, 'message.history', { conversationId, after, limit: 100 });
    const messages = page['messages'] as readonly { seq: number; type: string; content: unknown }[];
    texts.push(...messages.filter(({ type }) => type === 'text').map(({ content }) => content));
    if (!page['more']) return texts;
    after = messages.at(-1)!.seq; // a page with more has messages
  }
};

const numbers = (count: number) => Array.from({ length: count }, (_, at) => `message ${at}`);

/** Without the waits between connections, which others test. */
const passed = (client: Client, done: () => boolean) => {
  client.retry();
  return done();
};

describe('the outbox, with a real server', () => {
  it('is sent in order by the next run, when this one ends before there is a connection', async () => {
    const server = await RunningServer.start();
    const ann = await server.aUser();
    const id = await server.aGroup(ann);
    const lab = await labOf(server);
    const storage = memoryOutbox();
    const first = await clientOf(lab.http, ann, storage);
    const conversation = await eventually(() => first.conversations.get(id), 'the conversation is there');
    lab.refuse(true);
    lab.drop();
    await eventually(() => first.status !== 'online', 'the connection is lost');
    for (const text of numbers(30)) await conversation.send(text);
    expect(first.pending).toBe(30);
    expect(conversation.view.lastMessage).toMatchObject({ text: 'message 29', state: 'queued' });
    first.close();

    lab.heal();
    const second = await clientOf(lab.http, ann, storage);
    await eventually(
      () => second.pending === 0 && second.conversations.get(id)?.view.seq === 31,
      'all are sent',
      15_000,
    );
    expect(await storedTexts(server, ann, id)).toEqual(numbers(30));
    expect(await storage.list(ann.userId)).toEqual([]);
  });

  it('keeps the order when the server takes no more for now', async () => {
    const server = await RunningServer.start({ settings: { LIMIT_RATE_SEND: '10/20' } });
    const ann = await server.aUser();
    const id = await server.aGroup(ann);
    const client = await clientOf(server.http, ann, memoryOutbox());
    const conversation = await eventually(() => client.conversations.get(id), 'the conversation is there');
    const sent = await Promise.all(numbers(100).map((text) => conversation.send(text)));
    await Promise.all(sent.map((message) => conversation.sent(message.id)));
    expect(await storedTexts(server, ann, id)).toEqual(numbers(100));
    expect(await server.metric('rate_limited_total', { class: 'send' })).toBeGreaterThan(0);
  });

  it('sends each once, in order, over a connection that breaks in the middle of frames', async () => {
    const server = await RunningServer.start();
    const ann = await server.aUser();
    const id = await server.aGroup(ann);
    const lab = await labOf(server);
    const client = await clientOf(lab.http, ann, memoryOutbox());
    const conversation = await eventually(() => client.conversations.get(id), 'the conversation is there');
    for (const [at, text] of numbers(200).entries()) {
      await conversation.send(text);
      if (at % 20 !== 19) continue;
      lab.cutAfter(700 + at * 7, at % 40 === 19 ? 'up' : 'down');
      const before = lab.seen.cuts;
      await eventually(
        () => passed(client, () => lab.seen.cuts > before || client.pending === 0),
        'it is cut, or all is sent',
      );
    }
    await eventually(() => passed(client, () => client.pending === 0), 'all are sent', 15_000);
    expect(await storedTexts(server, ann, id)).toEqual(numbers(200));
    expect(lab.seen.cuts).toBeGreaterThan(3);
  });
});
