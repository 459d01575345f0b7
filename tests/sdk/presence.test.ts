import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { type Client, createClient } from '../../clients/sdk/src/index.ts';
import { type Presence, presenceOf } from '../../clients/sdk/src/presence/index.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';

let running: RunningServer;
beforeAll(async () => {
  running = await RunningServer.start();
});

const aDevice = async ({ token }: TestUser): Promise<{ client: Client; presence: Presence }> => {
  const client = createClient({ url: running.http, auth: token });
  const presence = presenceOf(client);
  client.start();
  onTestFinished(() => {
    presence.close();
    client.close();
  });
  await client.ready;
  return { client, presence };
};

it('shows two people to each other: there, away, typing', async () => {
  const [ann, ben] = (await running.users(2)) as [TestUser, TestUser];
  const { conversation } = await running.as(ann, 'conversation.open_private', { userId: ben.userId });
  const { id } = conversation as { id: string };
  const anns = await aDevice(ann);
  anns.presence.watch([ben.userId]);
  const seen = () => anns.presence.get(ben.userId)?.status;
  await expect.poll(seen, { timeout: 5_000 }).toBe('offline');
  const bens = await aDevice(ben);
  await expect.poll(seen, { timeout: 5_000 }).toBe('online');
  bens.presence.setStatus('away');
  await expect.poll(seen, { timeout: 5_000 }).toBe('away');

  anns.presence.look(id);
  const typists = () => anns.presence.typing(id);
  // Said again and again as people type: one word may be lost.
  const typing = () => {
    bens.presence.setTyping(id);
    return typists();
  };
  await expect.poll(typing, { timeout: 15_000 }).toEqual([ben.userId]);
  const message = await bens.client.conversations.get(id)!.send('Here I am.');
  await bens.client.conversations.get(id)!.sent(message.id);
  await expect.poll(typists, { timeout: 5_000 }).toEqual([]);
});
