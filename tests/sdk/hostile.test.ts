import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, createClient } from '../../clients/sdk/src/client.ts';
import { realSurroundings } from '../../clients/sdk/src/link/surroundings.ts';
import type { Link } from '../../clients/sdk/src/link/link.ts';
import { newWebSocketLink } from '../../clients/sdk/src/link/web-socket-link.ts';
import { eventually } from '../support/raw-socket.ts';
import { ScriptedServer } from '../support/scripted-server.ts';
import { type HostileRow, hostileRows } from './hostile-rows.ts';
import { annId, answer, bobId, conversationId } from './hostile-world.ts';
import { ToldByLink } from './told-by-link.ts';

/** So many times as fast as it is meant to be: all waits of the link and the clock that measures them. */
const HASTE = 50;
const hasty = {
  after: (ms: number, work: () => void) => realSurroundings.after(ms / HASTE, work),
  monotonic: () => performance.now() * HASTE,
  wall: () => performance.now() * HASTE,
  // how long it waits is another test's business
  random: () => 0.02,
};
/** A good event that changes nothing: its urev is long past. */
const marker = { type: 'block.changed', data: { urev: 1, userId: bobId, blocked: true } };

let server: ScriptedServer;
let link: Link;
let told: ToldByLink;
let client: Client;
const uncaught: unknown[] = [];
const catching = (error: unknown) => void uncaught.push(error);

beforeAll(async () => {
  process.on('uncaughtException', catching);
  process.on('unhandledRejection', catching);
  process.on('warning', catching);
  server = await ScriptedServer.start(answer);
  link = newWebSocketLink({ url: server.url, auth: async () => 'a token', surroundings: hasty });
  told = new ToldByLink(link);
  client = createClient({ url: server.url, auth: 'unused', link: () => link });
  client.start();
  await client.ready;
  const conversation = client.conversations.get(conversationId)!;
  await conversation.open();
  await conversation.loadMembers();
  client.users.get(bobId);
  await settled();
});
afterAll(async () => {
  client.close();
  await server.stop();
  process.off('uncaughtException', catching);
  process.off('unhandledRejection', catching);
  process.off('warning', catching);
});

/** All that an application sees. */
const state = () => ({
  me: client.me,
  stopped: client.stopped,
  pending: client.pending,
  conversations: client.conversations.all.map(({ view, messages, members }) => ({ view, messages, members })),
  unread: client.conversations.unread,
  bob: client.users.get(bobId),
});

/** The link works, and so does the server. */
const settled = async (): Promise<void> => {
  await eventually(
    () => link.status === 'online' && server.connections.filter(({ open }) => open).length === 1,
    `one connection; ${link.status}, ${server.connections.filter(({ open }) => open).length} open`,
    20_000,
  );
  // what came before is heard before the answer to this
  await link.call('user.me', {}).catch(() => settled());
  for (let i = 0; i < 20; i++) await turn();
};

/** What was heard since `seen`, until a good event. */
const heardSince = async (seen: number): Promise<readonly string[]> => {
  server.connections.find(({ open }) => open)!.says(marker); // there is one
  const isMarker = ({ type }: (typeof told.events)[number]) => type === marker.type;
  await eventually(() => told.events.slice(seen).some(isMarker), 'a good event is heard');
  return told.events.slice(seen).flatMap((event) => (isMarker(event) ? [] : [event.type]));
};

const provoke = async ({ live, next, stop, survives }: HostileRow): Promise<void> => {
  const current = server.connections.findLast(({ open }) => open)!; // settled: there is one
  const before = server.connections.length;
  if (next) {
    server.manners.push(...next);
    current.tcp.destroy();
    const last = before + next.length;
    if (!stop) await eventually(() => server.connections.length >= last, `${next.length} connections`, 20_000);
  }
  live?.(current);
  if (stop) {
    await eventually(() => told.stop, 'the link gives up', 10_000);
    expect(told.stop).toMatchObject({ reason: stop });
    client.start();
  } else if (!survives && live) await eventually(() => server.connections.length > before, 'it comes back', 20_000);
};

describe('a hostile server', () => {
  it('has more than sixty ways', () => {
    expect(hostileRows.length).toBeGreaterThan(60);
    expect(new Set(hostileRows.map(({ name }) => name)).size).toBe(hostileRows.length);
  });

  it.each(hostileRows.map((row) => [row.name, row] as const))('%s', async (_name, row) => {
    await settled();
    const before = structuredClone(state());
    const seen = told.events.length;
    told.stop = undefined;
    await provoke(row);
    await settled();
    expect(await heardSince(seen)).toEqual(row.heard ?? []);
    expect(state()).toEqual(before);
    expect(client.userId).toBe(annId);
    expect(uncaught).toEqual([]);
  });
});
