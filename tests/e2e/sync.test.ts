import { v7 } from 'uuid';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshFetch, heldBy } from '../support/fresh-fetch.ts';
import { ReferenceClient } from '../support/reference-client.ts';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import type { WsClient } from '../support/ws-client.ts';

interface Row {
  readonly kind: 'message' | 'member' | 'conversation';
  readonly message?: { seq: number; rev: number; content?: unknown; deletedAt?: string };
  readonly member?: { userId: string; rev: number; role: string; left?: true };
  readonly conversation?: { rev: number; title?: string };
}
interface Reply {
  readonly epoch: string;
  readonly reset: boolean;
  readonly user?: { upTo: number; rows: Record<string, unknown>[]; more: boolean; reset: boolean };
  readonly conversations: {
    id: string;
    upTo: number;
    rows?: Row[];
    more?: boolean;
    gap?: true;
    reset?: true;
    gone?: true;
  }[];
  readonly next?: string;
  readonly caughtUp: boolean;
}

const revOf = ({ message, member, conversation }: Row) => (message ?? member ?? conversation)!.rev; // a row is one of them

describe('catching up', () => {
  let server: RunningServer;
  let ann: TestUser;
  let ben: TestUser;
  let epoch: string;

  beforeAll(async () => {
    server = await RunningServer.start();
  });
  beforeEach(async () => {
    [ann, ben] = (await server.users(2)) as [TestUser, TestUser];
    const client = await server.connect();
    const { data } = await client.auth(ann.token);
    epoch = data!['epoch'] as string; // welcomed
    await client.close();
  });

  const sync = async (user: TestUser, cursors: readonly (readonly [string, number])[], more: object = {}) =>
    (await server.post('sync', { epoch, urev: 0, cursors, ...more }, user)) as unknown as Reply;
  const act = (user: TestUser, type: string, conversationId: string, input: object = {}) =>
    server.as(user, type, { conversationId, ...input });
  const send = (conversationId: string, content: string, id = v7()) =>
    act(ann, 'message.send', conversationId, { id, content });
  const sendMany = async (conversationId: string, count: number) => {
    for (let sent = 0; sent < count; sent += 250)
      await Promise.all(
        Array.from({ length: Math.min(250, count - sent) }, (_, n) => send(conversationId, `${sent + n}`)),
      );
  };
  const lineOf = async (user: TestUser, conversationId: string) =>
    (await act(user, 'conversation.get', conversationId)) as { rev: number; seq: number };

  it('shows what happened while one was away, each thing once, as it is now', async () => {
    const id = await server.aGroup(ann, [ben]); // rev 1
    const [kept, edited, deleted] = [v7(), v7(), v7()];
    await send(id, 'kept', kept); // 2
    await send(id, 'rough', edited); // 3
    await send(id, 'gone soon', deleted); // 4
    const cleo = await server.aUser();
    for (let n = 1; n <= 10; n++) await act(ann, 'message.edit', id, { id: edited, content: `edit ${n}` }); // 5 … 14
    await act(ann, 'message.delete', id, { id: deleted }); // 15
    await act(ann, 'member.add', id, { users: [cleo.userId] }); // 16
    await act(ann, 'member.set_role', id, { userId: cleo.userId, role: 'admin' }); // 17
    await act(ann, 'conversation.update', id, { title: 'Renamed' }); // 18
    await act(ann, 'member.remove', id, { userId: cleo.userId }); // 19
    const { conversations, caughtUp, next } = await sync(ben, [[id, 3]]);
    expect([caughtUp, next]).toEqual([true, undefined]);
    const [{ upTo, rows = [], more }] = conversations as [Reply['conversations'][number]];
    expect([upTo, more]).toEqual([19, false]);
    expect(rows.map((row) => `${row.kind} ${revOf(row)}`)).toEqual([
      ...['message 14', 'message 15', 'message 16', 'message 17', 'conversation 18', 'message 18'],
      ...['member 19', 'message 19'],
    ]);
    expect(rows[0]?.message).toMatchObject({ seq: 3, content: 'edit 10' });
    expect(rows[1]?.message).toMatchObject({ seq: 4, deletedAt: expect.any(String) as string });
    expect(rows[1]?.message).not.toHaveProperty('content');
    expect(rows.find(({ kind }) => kind === 'member')?.member).toMatchObject({ userId: cleo.userId, left: true });
    expect((await sync(ben, [[id, 19]])).conversations).toEqual([{ id, upTo: 19, rows: [], more: false }]);
  });

  it('tells on each device what its user did on another', async () => {
    const id = await server.aGroup(ann, [ben]);
    await sendMany(id, 3);
    const before = (await sync(ben, [])).user!; // asked for from the start
    await act(ben, 'conversation.read', id, { readSeq: 3 });
    await act(ben, 'conversation.settings', id, { archived: true });
    await server.as(ben, 'block.set', { userId: ann.userId, blocked: true });
    const another = await server.aGroup(ben);
    const { user } = await sync(ben, [], { urev: before.upTo });
    expect(user).toMatchObject({ upTo: before.upTo + 4, more: false, reset: false });
    expect(user!.rows).toEqual([
      {
        kind: 'membership',
        membership: {
          ...{ conversationId: id, urev: before.upTo + 2, member: true, firstSeq: 1, readSeq: 3 },
          ...{ unread: { count: 1, more: false }, archived: true },
        },
      },
      { kind: 'block', userId: ann.userId, blocked: true, urev: before.upTo + 3 },
      { kind: 'membership', membership: expect.objectContaining({ conversationId: another, member: true }) as object },
    ]);
  });

  it('comes in pages that each fit a frame and end at the heads of the first, however much happens meanwhile', async () => {
    const [one, two] = [await server.aGroup(ann, [ben]), await server.aGroup(ann, [ben])];
    await sendMany(one, 1_200);
    await Promise.all(Array.from({ length: 40 }, () => send(two, '😀'.repeat(5_000))));
    const cursors = [
      [one, 0],
      [two, 0],
    ] as const;
    const client: WsClient = await server.connectAs(ben);
    const sizes: number[] = [];
    client.socket.on('message', (data: Buffer) => sizes.push(data.length));
    const rows = new Map<string, Row[]>([...cursors].map(([id]) => [id, []]));
    let pages = 0;
    for (let next: string | undefined; ; pages++) {
      const { data } = await client.call('sync', { epoch, urev: 0, cursors, ...(next !== undefined && { next }) });
      const reply = data as unknown as Reply;
      for (const synced of reply.conversations) {
        rows.get(synced.id)!.push(...synced.rows!); // asked for; neither is a gap
        expect(synced.upTo).toBe(synced.id === one ? 1_201 : 41);
      }
      next = reply.next;
      if (reply.caughtUp) break;
      await send(one, 'meanwhile');
    }
    expect(pages).toBeGreaterThan(5);
    expect(Math.max(...sizes.slice(1))).toBeLessThan(65_536);
    const seqs = (id: string) => rows.get(id)!.flatMap(({ message }) => message?.seq ?? []); // as above
    expect(seqs(one)).toEqual(Array.from({ length: 1_201 }, (_, n) => n + 1));
    expect(seqs(two)).toEqual(Array.from({ length: 41 }, (_, n) => n + 1));
    await client.close();
  });

  it('gives up on too much: a gap, then the history is fetched', async () => {
    const id = await server.aGroup(ann, [ben]);
    const device = new ReferenceClient(ben.userId, ben.token);
    await device.connect(server.ws);
    const { rev } = await lineOf(ben, id);
    device.drop();
    await sendMany(id, 2_000);
    const [within] = (await sync(ben, [[id, rev]])).conversations;
    expect(within).not.toHaveProperty('gap');
    await send(id, 'one more');
    expect((await sync(ben, [[id, rev]])).conversations).toEqual([{ id, gap: true, upTo: rev + 2_001 }]);
    await device.connect(server.ws);
    await device.settled();
    expect(device.met.gaps).toBe(1);
    expect(heldBy(device)).toEqual(await freshFetch(server, ben));
    device.drop();
  });

  it('resets what belongs to another history, and begins anew', async () => {
    const id = await server.aGroup(ann, [ben]);
    const foreign = await sync(ben, [[id, 1]], { epoch: 'another history' });
    expect(foreign).toEqual({
      ...{ epoch, reset: true, caughtUp: true, conversations: [] },
      user: { upTo: expect.any(Number) as number, rows: [], more: false, reset: true },
    });
    const device = new ReferenceClient(ben.userId, ben.token);
    await device.connect(server.ws);
    device.drop();
    device.epoch = 'another history';
    await send(id, 'meanwhile');
    await device.connect(server.ws);
    expect(device.met.resets).toBe(1);
    expect(heldBy(device)).toEqual(await freshFetch(server, ben));
    device.drop();
  });

  it('resets a cursor from the future, of a conversation or of one’s own state', async () => {
    const id = await server.aGroup(ann, [ben]);
    const { conversations, user } = await sync(ben, [[id, 7]], { urev: 99 });
    expect(conversations).toEqual([{ id, reset: true, upTo: 1 }]);
    expect(user).toMatchObject({ rows: [], reset: true });
  });

  it('resets a cursor of an earlier membership', async () => {
    const id = await server.aGroup(ann, [ben], { historyVisible: false });
    await act(ann, 'member.remove', id, { userId: ben.userId }); // 2
    await send(id, 'behind your back'); // 3
    await act(ann, 'member.add', id, { users: [ben.userId] }); // 4
    expect((await sync(ben, [[id, 1]])).conversations).toEqual([{ id, reset: true, upTo: 4 }]);
    expect((await sync(ben, [[id, 4]])).conversations).toEqual([{ id, upTo: 4, rows: [], more: false }]);
    // And a device that was away all the time holds what may be held now.
    const device = new ReferenceClient(ben.userId, ben.token);
    await device.connect(server.ws);
    device.drop();
    await act(ann, 'member.remove', id, { userId: ben.userId });
    await act(ann, 'member.add', id, { users: [ben.userId] });
    await device.connect(server.ws);
    await device.settled();
    expect(device.met.resets).toBe(1);
    expect(heldBy(device)).toEqual(await freshFetch(server, ben));
    expect(JSON.stringify(heldBy(device))).not.toContain('behind your back');
    device.drop();
  });

  it('says gone alike of what one was removed from, of strangers’ and of what never was', async () => {
    const removed = await server.aGroup(ann, [ben]);
    const strangers = await server.aGroup(ann);
    await act(ann, 'member.remove', removed, { userId: ben.userId });
    const ids = [removed, strangers, v7()];
    expect(
      (
        await sync(
          ben,
          ids.map((id) => [id, 1] as const),
        )
      ).conversations,
    ).toEqual(ids.map((id) => ({ id, gone: true })));
  });

  it('shows who came late nothing from before, in whatever pages', async () => {
    const id = await server.aGroup(ann, [], { historyVisible: false });
    const old = v7();
    await send(id, 'a secret', old); // rev 2, seq 2
    await act(ann, 'member.add', id, { users: [ben.userId] }); // rev 3, seq 3
    await act(ann, 'message.edit', id, { id: old, content: 'a secret still' }); // rev 4
    const reply = await sync(ben, [[id, 0]]);
    expect(JSON.stringify(reply)).not.toContain('a secret');
    expect(reply.conversations).toMatchObject([{ id, upTo: 4, more: false }]);
  });

  it.each([['0.5.4'], ['7.0.0'], ['-2.0.0'], ['0.0'], ['x.y.z'], ['0.1.1.1'], ['0.-1.4'], ['1e3.0.0']])(
    'refuses a `next` that it never gave: %s',
    async (next) => {
      const id = await server.aGroup(ann, [ben]);
      const { status, body } = await server.request('POST', '/v1/sync', {
        user: ben,
        body: { epoch, urev: 0, cursors: [[id, 0]], next },
      });
      expect([status, body['rule']]).toEqual([400, 'bad_next']);
    },
  );
});
