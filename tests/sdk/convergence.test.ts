import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Conversation, Lost, Refused } from '../../clients/sdk/src/index.ts';
import { freshFetch } from '../support/fresh-fetch.ts';
import { NetworkLab, seeded } from '../support/network-lab.ts';
import { eventually } from '../support/raw-socket.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { fetchedAs, SdkDevice, type Seen } from '../support/sdk-device.ts';

const SECRET = 'a secret of this test that outlives its servers';
const RUNS = Number(process.env['RUNS'] ?? 25);
/** After the last fault until everything is as the database has it. */
const CALM_MS = 15_000;

let server: RunningServer;
beforeAll(async () => {
  server = await RunningServer.start({ settings: { JWT_SECRET: SECRET } });
});

/** The same database, another process life. */
const restart = async () => {
  const { databaseUrl } = server;
  await server.stop();
  server = await RunningServer.start({ databaseUrl, settings: { JWT_SECRET: SECRET } });
};

const worlds: World[] = [];
afterAll(async () => {
  for (const world of worlds) await world.end();
});

/** Three people on four devices, each behind a wire of its own that can be cut; two groups and a pair. */
class World {
  /** Ids of what was written, by device and conversation, in the order of writing. */
  readonly #written = new Map<string, string[]>();
  readonly #failed = new Set<string>();

  private constructor(
    readonly users: readonly TestUser[],
    readonly conversations: readonly string[],
    readonly devices: readonly { readonly device: SdkDevice; readonly wire: NetworkLab; readonly owner: TestUser }[],
  ) {}

  static async make(seed: number): Promise<World> {
    const users = await server.users(3);
    const [ann, bob, eve] = users as [TestUser, TestUser, TestUser];
    const open = await server.aGroup(ann, [bob, eve]);
    const hidden = await server.aGroup(ann, [bob], { historyVisible: false });
    const pair = (await server.as(ann, 'conversation.open_private', { userId: bob.userId })) as {
      conversation: { id: string };
    };
    const devices = await Promise.all(
      [ann, ann, bob, eve].map(async (owner, at) => {
        const wire = await NetworkLab.start(server.port, seeded(seed + at));
        return { device: new SdkDevice(wire.http, owner.token), wire, owner };
      }),
    );
    const world = new World(users, [open, hidden, pair.conversation.id], devices);
    worlds.push(world);
    for (const { device } of devices) device.client.start();
    await Promise.all(devices.map(({ device }) => device.client.ready));
    return world;
  }

  async do({ act, who, where, which }: Step): Promise<void> {
    const { device, wire } = this.devices[who % this.devices.length]!; // in range
    const conversation = device.client.conversations.get(this.conversations[where % this.conversations.length]!); // as above
    if (act === 'cut') return wire.cutAfter(which % 900, which % 2 === 0 ? 'up' : 'down');
    if (act === 'drop') return wire.drop();
    if (act === 'disturb') return wire.set({ reordered: 0.1, duplicated: 0.1 }, 'down');
    if (act === 'heal') return wire.heal();
    if (act === 'retry') return device.client.retry();
    if (act === 'wait') return void (await device.client.call('ping', {}).catch(() => {}));
    if (!conversation) return;
    const { messages } = conversation.messages;
    const message = messages[which % Math.max(1, messages.length)];
    if (act === 'open') void conversation.open().catch(passing);
    else if (act === 'close') conversation.close();
    else if (act === 'read') conversation.markRead(1 + (which % Math.max(1, conversation.view.seq)));
    else if (act === 'send') this.#send(conversation, `${who} ${conversation.id}`, `text ${which}`);
    else if (act === 'edit') void (message && conversation.edit(message.id, `edited ${which}`).catch(passing));
    else if (act === 'delete') void (message && conversation.delete(message.id).catch(passing));
    else if (act === 'rename') void conversation.rename(`title ${which}`).catch(passing);
    else if (act === 'leave') void conversation.leave().catch(passing);
    else {
      const { userId } = this.users[1 + (which % 2)]!; // in range
      void (act === 'add' ? conversation.addMembers([userId]) : conversation.removeMember(userId)).catch(passing);
    }
  }

  async restart(): Promise<void> {
    for (const { wire } of this.devices) wire.refuse(true);
    await restart();
    for (const { wire } of this.devices) {
      wire.targetPort = server.port;
      wire.refuse(false);
    }
  }

  /** Nothing breaks any more: everybody ends with what the database holds. */
  async settle(): Promise<readonly Comparison[]> {
    for (const { wire } of this.devices) wire.heal();
    // Again and again: who has not noticed yet that it was cut off would wait for its next try longer than the calm lasts.
    const retry = () => this.devices.forEach(({ device }) => device.client.retry());
    await eventually(
      () => (
        retry(), this.devices.every(({ device: { client } }) => client.status === 'online' && client.pending === 0)
      ),
      'everything is sent',
      CALM_MS,
    );
    const deadline = performance.now() + CALM_MS;
    for (;;) {
      retry();
      const all = await Promise.all(this.devices.map(({ device, owner }) => comparison(device, owner)));
      if (all.every(({ seen, fresh }) => isDeepStrictEqual(seen, fresh)) || performance.now() > deadline) return all;
    }
  }

  /** What was written and not refused, by device and conversation, beside what the log has of it. */
  async orders(): Promise<readonly { readonly written: readonly string[]; readonly stored: readonly string[] }[]> {
    const fresh = await Promise.all(this.users.map((user) => freshFetch(server, user)));
    const logs = fresh.flatMap(({ conversations }) => conversations);
    return [...this.#written].flatMap(([by, ids]) => {
      // of those who see all of it; a group that everybody has left is seen by nobody
      const log = logs.find(({ id, own }) => by.endsWith(id) && own?.firstSeq === 1)?.messages.map(({ id }) => id);
      const written = ids.filter((id) => !this.#failed.has(id));
      return log ? [{ written, stored: log.filter((id) => ids.includes(id)) }] : [];
    });
  }

  /** What each device was told of each conversation, beside what others wrote there for those who never were away. */
  async news(): Promise<readonly { readonly told: readonly number[]; readonly written: readonly number[] }[]> {
    const [ann] = this.users as [TestUser];
    const { conversations } = await freshFetch(server, ann);
    return this.devices.flatMap(({ device, owner }) =>
      this.conversations.map((id) => {
        const log = owner === ann ? (conversations.find((one) => one.id === id)?.messages ?? []) : [];
        const others = log.filter((m) => m.senderId !== ann.userId && m.type === 'text' && m.deletedAt === undefined);
        return { told: device.heardOf(id), written: others.map(({ seq }) => seq) };
      }),
    );
  }

  async end(): Promise<void> {
    for (const { device, wire } of this.devices) {
      device.client.close();
      await wire.close();
    }
  }

  #send(conversation: Conversation, by: string, text: string) {
    conversation
      .send(text)
      .then(({ id }) => {
        const ids = this.#written.get(by) ?? [];
        this.#written.set(by, [...ids, id]);
        return conversation.sent(id).catch((error: unknown) => {
          if (!(error instanceof Refused)) throw error;
          this.#failed.add(id);
        });
      })
      .catch(passing);
  }
}

interface Comparison {
  readonly seen: readonly Seen[];
  /** Or why it could not be fetched: somebody was just removed. */
  readonly fresh: readonly Seen[] | string;
}

const comparison = async (device: SdkDevice, owner: TestUser): Promise<Comparison> => {
  await device.load();
  await device.discardFailed();
  const fresh = await freshFetch(server, owner).then(({ conversations }) => conversations.map(fetchedAs), String);
  return { seen: device.seen, fresh };
};

/** Refused, or nobody knows: both may be. */
const passing = (error: unknown) => {
  if (!(error instanceof Refused || error instanceof Lost)) throw error;
};

const acts = {
  send: 12,
  edit: 3,
  delete: 2,
  read: 4,
  open: 3,
  close: 1,
  rename: 1,
  add: 2,
  remove: 2,
  leave: 1,
  cut: 4,
  drop: 2,
  disturb: 2,
  heal: 1,
  retry: 4,
  wait: 6,
} as const;
type Act = keyof typeof acts;
interface Step {
  readonly act: Act;
  readonly who: number;
  readonly where: number;
  readonly which: number;
}

const steps = fc.array(
  fc.record({
    act: fc.oneof(...Object.entries(acts).map(([act, weight]) => ({ arbitrary: fc.constant(act as Act), weight }))),
    who: fc.nat(3),
    where: fc.nat(2),
    which: fc.nat(100_000),
  }),
  { minLength: 40, maxLength: 120, size: 'max' },
);

describe('clients of the SDK', () => {
  it('end with what the database holds, whatever broke, and every message is there once', {
    timeout: 240_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), fc.nat(), async (schedule, restarts, seed) => {
        const world = await World.make(seed);
        for (const [at, step] of schedule.entries()) {
          if (restarts && at === schedule.length >> 1) await world.restart();
          await world.do(step);
        }
        for (const { seen, fresh } of await world.settle()) expect(seen).toEqual(fresh);
        for (const { stored, written } of await world.orders()) expect(stored).toEqual(written);
        for (const { told, written } of await world.news()) {
          expect(told).toEqual([...new Set(told)].toSorted((a, b) => a - b));
          expect(told).toEqual(expect.arrayContaining([...written]));
        }
        await world.end();
      }),
      // printed with the failure, to run it again
      { numRuns: RUNS, seed: Number(process.env['SEED'] ?? Date.now() % 2 ** 31), endOnFailure: true },
    );
  });
});
