import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, createClient } from '../../clients/sdk/src/client.ts';
import { awakeMs } from '../support/awake.ts';
import { type Direction, NetworkLab, seeded } from '../support/network-lab.ts';
import { eventually } from '../support/raw-socket.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';

const PING_SECONDS = 5;
const SENDS = 110;
const SEED = 20_261_121;

let server: RunningServer;
const labs: NetworkLab[] = [];
const clients: Client[] = [];
beforeAll(async () => {
  server = await RunningServer.start({ settings: { LIMIT_PING_SECONDS: `${PING_SECONDS}` } });
});
afterAll(async () => {
  for (const client of clients) client.close();
  for (const lab of labs) await lab.close();
});

/** A user's client with a network of its own. */
const aSide = async (user: TestUser, seed: number) => {
  const random = seeded(seed);
  const lab = await NetworkLab.start(server.port, random);
  labs.push(lab);
  const client = createClient({ url: lab.http, auth: user.token });
  clients.push(client);
  client.start();
  await client.ready;
  return { user, lab, client, random };
};
type Side = Awaited<ReturnType<typeof aSide>>;

const pick = <T>(random: () => number, all: readonly T[]): T => all[Math.floor(random() * all.length)]!; // none is empty
const directions: readonly Direction[] = ['up', 'down'];

/** What may happen to a network; each is over after a moment, except what is over at once. */
const faults: Readonly<Record<string, (side: Side) => void>> = {
  drop: ({ lab }) => lab.drop(),
  'cut in the middle of something': ({ lab, random }) =>
    lab.cutAfter(Math.floor(random() * 600), pick(random, directions)),
  refuse: ({ lab }) => (lab.refuse(true), lab.drop()),
  delay: ({ lab, random }) => lab.set({ delayMs: random() * 150, jitterMs: 100 }),
  narrow: ({ lab }) => lab.set({ bytesPerSecond: 20_000 }),
  stall: ({ lab, random }) => lab.set({ stalled: true }, pick(random, directions)),
  'lose for ever': ({ lab, random }) => lab.set({ silent: true }, pick(random, directions)),
  duplicate: ({ lab }) => lab.set({ duplicated: 0.4 }),
  // What it sends must keep its order, as any TCP does; what it hears need not.
  reorder: ({ lab }) => lab.set({ reordered: 0.4, duplicated: 0.2 }, 'down'),
};

/** Bad weather until the signal, with a clear moment after each fault. */
const weather = async (side: Side, over: AbortSignal): Promise<readonly string[]> => {
  const happened: string[] = [];
  const names = Object.keys(faults);
  while (!over.aborted) {
    // All of them in turn, before chance decides.
    const name = names[happened.length + clients.indexOf(side.client)] ?? pick(side.random, names);
    faults[name]!(side); // it is one of them
    happened.push(name);
    // As a device is told that its network is back, rightly or not. Else the waits, longer each time, leave less and less for faults to bite.
    await pause(100 + side.random() * 250);
    side.client.retry();
    await pause(100 + side.random() * 250);
    side.lab.heal();
    side.client.retry();
    await pause(side.random() * 300);
  }
  return happened;
};

const writes = async ({ client, user, random }: Side, conversationId: string): Promise<readonly string[]> => {
  const conversation = client.conversations.get(conversationId)!; // its list is complete
  const sent: string[] = [];
  for (let i = 0; i < SENDS; i++) {
    sent.push((await conversation.send(`${user.userId} ${i}`)).id);
    await pause(random() * 180);
  }
  return sent;
};

const logOf = async (user: TestUser, conversationId: string) => {
  const log: { id: string; seq: number; senderId: string; type: string }[] = [];
  for (let before: number | undefined; ; ) {
    const page = await server.as(user, 'message.history', {
      ...{ conversationId, limit: 100 },
      ...(before !== undefined && { before }),
    });
    const messages = page['messages'] as typeof log;
    log.unshift(...messages);
    before = messages[0]?.seq;
    if (before === undefined || before === 1) return log.filter(({ type }) => type === 'text');
  }
};

it('loses nothing, doubles nothing and keeps every sender’s order, whatever the network does', async () => {
  const users = await server.users(3);
  const group = await server.aGroup(users[0]!, users.slice(1));
  // The first user on two devices.
  const sides = await Promise.all([...users, users[0]!].map((user, i) => aSide(user, SEED + i)));
  for (const { client } of sides) await client.conversations.get(group)!.open();

  const over = new AbortController();
  const storms = sides.map((side) => weather(side, over.signal));
  const sent = await Promise.all(sides.slice(0, 3).map((side) => writes(side, group)));
  // What a fault does depends on what passes meanwhile: it goes on until each has bitten.
  for (const what of ['cuts', 'refused', 'duplicated', 'reordered', 'swallowed'] as const)
    await eventually(() => sides.some(({ lab }) => lab.seen[what] > 0), `${what} are seen`, 20_000);
  over.abort();
  const happened = (await Promise.all(storms)).flat();
  for (const { lab } of sides) lab.heal();
  expect(new Set(happened)).toEqual(new Set(Object.keys(faults)));

  // Who has not noticed the last fault yet waits for its next try only from then on.
  const caughtUp = (client: Client, done: () => boolean) => (client.retry(), done());
  for (const { client } of sides)
    await eventually(() => caughtUp(client, () => client.pending === 0), 'everything is sent', 30_000);
  const log = await logOf(users[0]!, group);
  expect(log.length).toBe(3 * SENDS);
  sides
    .slice(0, 3)
    .forEach(({ user }, i) =>
      expect(log.filter(({ senderId }) => senderId === user.userId).map(({ id }) => id)).toEqual(sent[i]),
    );

  const all = log.map(({ id, seq }) => `${seq} ${id}`);
  for (const { client } of sides) {
    const conversation = client.conversations.get(group)!;
    await eventually(
      () => caughtUp(client, () => conversation.view.seq === log.at(-1)!.seq),
      'it is caught up',
      30_000,
    );
    await conversation.loadBackTo(1);
    const shown = conversation.messages.messages.filter(({ type }) => type === 'text');
    expect(shown.map(({ id, seq }) => `${seq} ${id}`)).toEqual(all);
    expect(shown.filter(({ mine, state }) => mine && (state === 'queued' || state === 'failed'))).toEqual([]);
  }
}, 180_000);

it('notices within two heartbeats that nothing gets through any more, and goes on when something does', async () => {
  // Well before the third.
  const noticedMs = (2 * PING_SECONDS + 3) * 1_000;
  const silences: readonly (readonly Direction[])[] = [directions, ['up'], ['down']];
  await Promise.all(
    silences.map(async (silent) => {
      const user = await server.aUser();
      const group = await server.aGroup(user);
      const { lab, client } = await aSide(user, SEED);
      const conversation = client.conversations.get(group)!; // its list is complete
      await conversation.open();
      lab.set({ silent: true }, ...silent);
      const began = awakeMs();
      const { id } = await conversation.send('into the void');
      await eventually(() => client.status !== 'online', `${silent.join(' and ')} is noticed`, noticedMs);
      expect(awakeMs() - began).toBeLessThan(noticedMs);
      lab.heal();
      client.retry();
      // A try that was under way before it was healed is given up only after ten seconds.
      await conversation.sent(id);
      expect((await logOf(user, group)).map((message) => message.id)).toEqual([id]);
      expect(lab.seen.connections).toBeGreaterThan(1);
    }),
  );
}, 60_000);
