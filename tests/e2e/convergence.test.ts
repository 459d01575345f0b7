import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { setImmediate as turn } from 'node:timers/promises';
import { v7 } from 'uuid';
import { Client } from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { freshFetch, heldBy } from '../support/fresh-fetch.ts';
import { ReferenceClient } from '../support/reference-client.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { times } from '../support/scale.ts';

const USERS = 4;
const DEVICES = 2;
const CONVERSATIONS = 3;
/** The one whose history is hidden, and stays so. */
const HIDDEN = 2;

/** What one device does next; numbers are taken modulo what there is. */
interface Step {
  readonly device: number;
  readonly place: number;
  readonly what: (typeof deeds)[number];
  /** Which member, which message, how much. */
  readonly which: number;
}
const deeds = [
  ...['send', 'send', 'send', 'send', 'send', 'reply', 'edit', 'edit', 'edit', 'delete', 'read', 'archive', 'mute'],
  ...['add', 'add', 'remove', 'leave', 'promote', 'rename', 'hide', 'block', 'drop', 'drop', 'come', 'come', 'come'],
  ...['pause', 'pause', 'pause', 'pause'],
] as const;
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    device: fc.nat(USERS * DEVICES - 1),
    place: fc.nat(CONVERSATIONS - 1),
    what: fc.constantFrom(...deeds),
    which: fc.nat(63),
  }),
  { minLength: 300, maxLength: 300, size: 'max' },
);

interface World {
  readonly servers: readonly RunningServer[];
  readonly users: readonly TestUser[];
  readonly places: readonly string[];
  readonly devices: readonly ReferenceClient[];
}

const aWorld = async (servers: readonly RunningServer[]): Promise<World> => {
  const [home] = servers as [RunningServer];
  const users = await home.users(USERS);
  const [ann, ben, cleo] = users as [TestUser, TestUser, TestUser];
  const pair = await home.as(ann, 'conversation.open_private', { userId: ben.userId });
  const places = [
    (pair['conversation'] as { id: string }).id,
    await home.aGroup(ann, [ben, cleo], { membersCanInvite: true }),
    await home.aGroup(cleo, [ann], { historyVisible: false, membersCanInvite: true }),
  ];
  // Ben joins where four messages are hidden from him, so what happens to them must not be.
  const hidden = { conversationId: places[HIDDEN]! }; // there are three
  for (const text of ['one', 'two', 'three', 'four'])
    await home.as(cleo, 'message.send', { ...hidden, id: v7(), content: text });
  await home.as(cleo, 'member.add', { ...hidden, users: [ben.userId] });
  const devices = users.flatMap(({ userId, token }) =>
    Array.from({ length: DEVICES }, () => new ReferenceClient(userId, token)),
  );
  return { servers, users, places, devices };
};

const run = async (world: World, script: readonly Step[]): Promise<void> => {
  for (const [n, step] of script.entries()) {
    await act(world, step, n);
    await turn();
  }
};

/** Does not wait for the answer, so that everything is under way with everything; refusals are part of the game. */
const act = async ({ servers, users, places, devices }: World, { device, place, what, which }: Step, n: number) => {
  const client = devices[device]!; // in range, here and below
  const conversationId = places[place]!;
  const place_ = { conversationId };
  const other = users[which % USERS]!.userId;
  const log = client.held.get(conversationId)?.log ?? [];
  const mine = log.filter(
    ({ senderId, type }) => senderId === users[Math.floor(device / DEVICES)]!.userId && type === 'text',
  );
  const [message, own] = [log[which % Math.max(1, log.length)], mine[which % Math.max(1, mine.length)]];
  const ask = (type: string, input: object) => void client.attempt(type, { ...place_, ...input });
  switch (what) {
    case 'send':
      return void client.send(conversationId, `message ${n} of device ${device}`);
    case 'reply':
      return void (message && client.send(conversationId, `answer ${n}`, message.seq));
    case 'edit':
      return own && ask('message.edit', { id: own.id, content: `edited ${n}` });
    case 'delete':
      return message && ask('message.delete', { id: message.id });
    case 'read':
      return ask('conversation.read', { readSeq: log.length - (which % 3) });
    case 'archive':
      return ask('conversation.settings', { archived: which % 2 === 0 });
    case 'mute':
      return ask('conversation.settings', { mutedUntil: which % 2 ? null : '2040-01-01T00:00:00.000Z' });
    case 'add':
      return ask('member.add', { users: [other] });
    case 'remove':
      return ask('member.remove', { userId: other });
    case 'leave':
      return which < 16 && ask('conversation.leave', {});
    case 'promote':
      return ask('member.set_role', { userId: other, role: which % 2 ? 'owner' : 'admin' });
    case 'rename':
      return ask('conversation.update', { title: `Title ${n}` });
    case 'hide':
      return place !== HIDDEN && ask('conversation.update', { historyVisible: which % 2 === 0 });
    case 'block':
      return void client.attempt('block.set', { userId: other, blocked: which % 2 === 0 });
    case 'drop':
      return client.drop();
    case 'come':
      return void (client.connected || client.connect(servers[which % servers.length]!.ws));
    case 'pause':
      return client.connected && client.attempt('ping', {});
  }
};

/** Everybody comes back, and nothing is under way any more; then all devices hold what the database holds. */
const expectConverged = async ({ users, devices, servers }: World, home: RunningServer): Promise<void> => {
  await Promise.all(devices.map((device) => (device.connected ? device.settled() : device.connect(home.ws))));
  for (const [n, user] of users.entries())
    for (const device of devices.slice(n * DEVICES, (n + 1) * DEVICES)) {
      // What a device asked for just before its connection was cut may still be under way in the server.
      let fresh = await freshFetch(servers[0]!, user);
      for (
        const until = performance.now() + 20_000;
        performance.now() < until;
        fresh = await freshFetch(servers[0]!, user)
      )
        if (device.calm && sameHeads(heldBy(device), fresh)) break;
      expect(heldBy(device)).toEqual(fresh);
    }
};

/** Nobody was ever sent words of the hidden history that were not written while they were a member. */
const expectNothingLeaked = async (
  { users, devices, places }: World,
  { databaseUrl }: RunningServer,
): Promise<void> => {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client
    .query<{ id: string; type: string; content: string | null }>(
      'select id, type, content from messages where conversation_id = $1 order by seq',
      [places[HIDDEN]],
    )
    .finally(() => void client.end());
  const members = new Set([users[2]!.userId, users[0]!.userId] as string[]); // it was made by cleo, with ann
  const mayKnow = new Map<string, Set<string>>();
  for (const { id, type, content } of rows) {
    if (type === 'text') mayKnow.set(id, new Set(members));
    else {
      const {
        event,
        user,
        users: added = [],
      } = JSON.parse(content!) as { event: string; user?: string; users?: string[] }; // entries of the server stay
      for (const one of added) members.add(one);
      if (event === 'member.removed' || event === 'member.left') members.delete(user!); // these name one
    }
  }
  for (const [n, device] of devices.entries()) {
    const { userId } = users[Math.floor(n / DEVICES)]!; // in range
    expect([...device.seen].filter((id) => mayKnow.get(id)?.has(userId) === false)).toEqual([]);
  }
  expect(devices.some(({ seen }) => [...mayKnow.keys()].some((id) => seen.has(id)))).toBe(true);
};

type Seen = ReturnType<typeof heldBy>;
const sameHeads = (held: Seen, fresh: Seen) =>
  JSON.stringify(held.conversations.map(headsOf)) === JSON.stringify(fresh.conversations.map(headsOf)) &&
  held.blocks.join() === fresh.blocks.join();
/** Of all rows: what was read after a line may be newer than that. */
const headsOf = ({ id, rev, own, messages, members }: Seen['conversations'][number]) => [
  ...[id, rev, own?.urev],
  ...[...messages, ...members].map((row) => row.rev),
];

/** What a client went through, summed up over all of them: a run that met nothing proves nothing. */
class Met {
  readonly counts: Record<keyof ReferenceClient['met'], number> = {
    ...{ events: 0, repairs: 0, syncs: 0, gaps: 0, resets: 0, gone: 0, duplicates: 0, advanced: 0 },
  };

  add({ devices }: World): void {
    for (const device of devices) {
      for (const key of Object.keys(this.counts) as (keyof ReferenceClient['met'])[])
        this.counts[key] += device.met[key];
      device.drop();
    }
  }

  lacks(...kinds: (keyof ReferenceClient['met'])[]): readonly string[] {
    return kinds.filter((kind) => this.counts[kind] === 0);
  }
}

describe('state before + sync + events = a fresh fetch', () => {
  const secret = randomBytes(32).toString('hex');
  let server: RunningServer;
  beforeAll(async () => {
    server = await RunningServer.start({ settings: { JWT_SECRET: secret } });
  });

  it('for clients that come and go at random while everything happens', { timeout: 120_000 }, async () => {
    const met = new Met();
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const world = await aWorld([server]);
        await Promise.all(world.devices.map((device) => device.connect(server.ws)));
        await run(world, script);
        await expectConverged(world, server);
        await expectNothingLeaked(world, server);
        met.add(world);
      }),
      { numRuns: times(8, 2_000), endOnFailure: true },
    );
    expect(met.lacks('events', 'syncs', 'gone', 'duplicates', 'advanced')).toEqual([]);
  });

  // Two nodes without anything between them: what happens on one reaches the other only when it reads it back.
  it('for nodes that never hear of each other’s events', { timeout: 120_000 }, async () => {
    const other = await RunningServer.start({
      transport: 'ws',
      settings: { JWT_SECRET: secret },
      databaseUrl: server.databaseUrl,
    });
    const met = new Met();
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const world = await aWorld([server, other]);
        await Promise.all(world.devices.map((device, n) => device.connect([server, other][n % 2]!.ws))); // one of two
        await run(world, script);
        for (const device of world.devices) if (device.url === other.ws) device.drop();
        await Promise.all(world.devices.filter(({ connected }) => connected).map((device) => device.settled()));
        await touchAll(world, server);
        await expectConverged(world, server);
        await expectNothingLeaked(world, server);
        met.add(world);
      }),
      { numRuns: times(4, 1_000), endOnFailure: true },
    );
    await other.stop();
    expect(met.lacks('events', 'repairs', 'syncs')).toEqual([]);
  });
});

/** One more change of everything on this node, so that its gates see what they have missed. */
const touchAll = async ({ users, places }: World, home: RunningServer): Promise<void> => {
  const nobody = await home.aUser();
  for (const { userId } of [nobody, ...users])
    for (const user of users)
      if (user.userId !== userId)
        for (const blocked of [true, false]) await home.as(user, 'block.set', { userId, blocked });
  for (const user of users)
    for (const conversationId of places)
      await home.as(user, 'message.send', { conversationId, id: v7(), content: 'touch' }).catch(() => {}); // no member
};
