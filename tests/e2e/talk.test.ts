import { v7 } from 'uuid';
import { beforeAll, describe, expect, it } from 'vitest';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import { eventOf, flushed, heardOf, wordsOf } from '../support/told.ts';
import type { WsClient } from '../support/ws-client.ts';

const ok = async (reply: Promise<{ ok: boolean; data?: Record<string, unknown>; error?: unknown }>) => {
  const { ok: went, data, error } = await reply;
  if (!went || !data) throw new Error(JSON.stringify(error));
  return data;
};

describe.each(['uws', 'ws'] as const)('people talk over %s', (transport) => {
  let server: RunningServer;
  let ann: TestUser;
  let ben: TestUser;
  let cleo: TestUser;
  let annLaptop: WsClient;
  let annPhone: WsClient;
  let benPhone: WsClient;

  beforeAll(async () => {
    server = await RunningServer.start({ transport });
    [ann, ben, cleo] = (await server.users(3)) as [TestUser, TestUser, TestUser];
    [annLaptop, annPhone, benPhone] = await Promise.all([
      server.connectAs(ann),
      server.connectAs(ann),
      server.connectAs(ben),
    ]);
  });

  const openPrivate = async (one: TestUser, other: TestUser): Promise<string> => {
    const { conversation } = await server.post('conversation.open_private', { userId: other.userId }, one);
    return (conversation as { id: string }).id;
  };
  const send = (client: WsClient, conversationId: string, content: string, more: object = {}) =>
    ok(client.call('message.send', { conversationId, id: v7(), content, ...more }));
  const history = async (user: TestUser, conversationId: string) =>
    (await server.post('message.history', { conversationId }, user))['messages'] as {
      seq: number;
      content?: unknown;
      deletedAt?: string;
    }[];

  it('two of them: the ack carries seq, rev and time, the event the words', async () => {
    const id = await openPrivate(ann, ben);
    await eventOf(benPhone, 'membership.joined', id);
    const ack = await send(annLaptop, id, 'Hello, Ben.');
    expect(ack).toEqual({
      conversationId: id,
      seq: 1,
      rev: 2,
      sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      duplicate: false,
    });
    const heard = await eventOf(benPhone, 'message.created', id, 2);
    expect(heard.message).toMatchObject({ seq: 1, rev: 2, senderId: ann.userId, type: 'text', content: 'Hello, Ben.' });
    const answer = await send(benPhone, id, 'Hello, Ann.', { replyTo: 1 });
    expect((await eventOf(annLaptop, 'message.created', id, 3)).message).toMatchObject({
      ...{ seq: 2, content: 'Hello, Ann.', replyTo: 1, sentAt: answer['sentAt'] },
    });
    expect((await history(ann, id)).map(({ content }) => content)).toEqual(['Hello, Ben.', 'Hello, Ann.']);
  });

  it('the one who asked gets the reply, not the event; their other devices get the event', async () => {
    const id = await openPrivate(ann, ben);
    const { rev } = await send(annLaptop, id, 'to all but this device');
    await Promise.all([annPhone, benPhone].map((client) => eventOf(client, 'message.created', id, rev as number)));
    await flushed(annLaptop);
    expect(heardOf(annLaptop, id)).not.toContain(`message.created ${rev as number}`);
  });

  it('who writes over HTTP has no device that asked: all their sockets hear it', async () => {
    const id = await openPrivate(ann, ben);
    const path = `/v1/conversations/${id}/messages`;
    const { status, body } = await server.request('POST', path, { user: ann, body: { id: v7(), content: 'by HTTP' } });
    expect([status, body]).toEqual([200, expect.objectContaining({ conversationId: id, duplicate: false })]);
    for (const client of [annLaptop, annPhone, benPhone])
      expect((await eventOf(client, 'message.created', id, body['rev'] as number)).message?.content).toBe('by HTTP');
  });

  it('a message that is sent again is the same message, over either way', async () => {
    const id = await openPrivate(ann, ben);
    const message = { conversationId: id, id: v7(), content: 'once' };
    const [first, second] = await Promise.all([1, 2].map(() => ok(annLaptop.call('message.send', message))));
    const third = await server.post('message.send', message, ann);
    const { duplicate: _duplicate, ...ack } = first!; // there were two
    expect([first, second, third].map((answer) => answer!['duplicate'])).toEqual([false, true, true]); // as above
    for (const answer of [second, third]) expect(answer).toMatchObject(ack);
    const conflict = await annLaptop.call('message.send', { ...message, content: 'twice' });
    expect(conflict.error).toMatchObject({ code: 'conflict', rule: 'message_id_taken' });
    await flushed(benPhone);
    expect(heardOf(benPhone, id).filter((event) => event === `message.created ${ack['rev'] as number}`)).toHaveLength(
      1,
    );
    expect((await history(ben, id)).filter(({ content }) => content === 'once')).toHaveLength(1);
  });

  it('without knowing the conversation, by the other’s id', async () => {
    const to = cleo.userId;
    const [one, two] = await Promise.all(
      ['first', 'second'].map((content) => ok(annLaptop.call('message.send', { to, id: v7(), content }))),
    );
    expect(one!['conversationId']).toBe(two!['conversationId']); // there were two
    expect(await openPrivate(cleo, ann)).toBe(one!['conversationId']); // as above
    expect(await history(cleo, one!['conversationId'] as string)).toHaveLength(2); // as above
  });

  it('edits and deletes reach everybody; the tombstone keeps its place', async () => {
    const id = await openPrivate(ann, ben);
    const messageId = v7();
    await ok(annLaptop.call('message.send', { conversationId: id, id: messageId, content: 'rough' }));
    const edited = await ok(annLaptop.call('message.edit', { conversationId: id, id: messageId, content: 'smooth' }));
    const { rev, seq } = edited['message'] as { rev: number; seq: number };
    for (const client of [annPhone, benPhone])
      expect((await eventOf(client, 'message.edited', id, rev)).message).toMatchObject({ content: 'smooth', seq });
    await ok(annLaptop.call('message.delete', { conversationId: id, id: messageId }));
    const { message } = await eventOf(benPhone, 'message.deleted', id, rev + 1);
    expect(message).toMatchObject({ seq, rev: rev + 1, deletedAt: expect.any(String) as string });
    expect(message).not.toHaveProperty('content');
    expect((await history(ben, id)).at(-1)).toMatchObject({ seq, deletedAt: expect.any(String) as string });
    await flushed(annLaptop);
    expect(
      heardOf(annLaptop, id).filter((event) => event.endsWith(` ${rev}`) || event.endsWith(` ${rev + 1}`)),
    ).toEqual([]);
    // Sent again, it is still the message that was there.
    const again = await ok(annLaptop.call('message.send', { conversationId: id, id: messageId, content: 'rough' }));
    expect(again).toMatchObject({ seq, duplicate: true });
  });

  it('read and delivered: cursors move forward, unread is exact on all devices, others see receipts', async () => {
    const id = await openPrivate(ann, ben);
    for (const content of ['a', 'b', 'c']) await send(annLaptop, id, content);
    const line = async () =>
      (await server.post('conversation.get', { conversationId: id }, ben)) as {
        seq: number;
        membership: { readSeq: number; unread: { count: number; more: boolean } };
      };
    const { seq } = await line();
    const benLaptop = await server.connectAs(ben);
    await ok(benPhone.call('conversation.delivered', { conversationId: id, deliveredSeq: seq }));
    const { membership } = await ok(benPhone.call('conversation.read', { conversationId: id, readSeq: seq - 1 }));
    expect(membership).toMatchObject({ readSeq: seq - 1, unread: { count: 1, more: false } });
    expect((await eventOf(benLaptop, 'membership.changed', id)).membership).toEqual(membership);
    expect((await line()).membership).toEqual(membership);
    await annPhone.until(
      ({ type, data }) => type === 'receipt.changed' && data['userId'] === ben.userId && data['readSeq'] === seq - 1,
    );
    // never back, and not past the last message
    await ok(benPhone.call('conversation.read', { conversationId: id, readSeq: 1 }));
    expect((await line()).membership.readSeq).toBe(seq - 1);
    await ok(benPhone.call('conversation.read', { conversationId: id, readSeq: seq + 1_000 }));
    expect((await line()).membership).toMatchObject({ readSeq: seq, unread: { count: 0 } });
    const { receipts } = await ok(annLaptop.call('conversation.receipts', { conversationId: id }));
    expect(receipts).toContainEqual({ userId: ben.userId, readSeq: seq, deliveredSeq: seq });
    const { receipts: readers } = await ok(
      annLaptop.call('conversation.receipts', { conversationId: id, readSince: seq }),
    );
    expect((readers as { userId: string }[]).map(({ userId }) => userId)).toEqual([ben.userId]);
    await flushed(benPhone);
    expect(benPhone.events.filter(({ type }) => type === 'membership.changed')).toEqual([]); // the replies told it
  });

  it('a block stops both, and is nobody’s business', async () => {
    const dan = await server.aUser();
    const id = await openPrivate(ann, dan);
    const danPhone = await server.connectAs(dan);
    await ok(danPhone.call('block.set', { userId: ann.userId, blocked: true }));
    for (const client of [danPhone, annLaptop])
      expect((await client.call('message.send', { conversationId: id, id: v7(), content: 'no' })).error).toMatchObject({
        code: 'forbidden',
        rule: 'blocked',
      });
    await flushed(annLaptop);
    expect(annLaptop.events.filter(({ type }) => type === 'block.changed')).toEqual([]);
    expect(await history(ann, id)).toEqual([]);
    await ok(danPhone.call('block.set', { userId: ann.userId, blocked: false }));
    await send(annLaptop, id, 'yes');
  });

  it('a stranger finds nothing, whatever they try', async () => {
    const id = await openPrivate(ann, ben);
    const dan = await server.aUser();
    const stranger = await server.connectAs(dan);
    const tries = [
      ['message.send', { id: v7(), content: 'let me in' }],
      ['message.history', {}],
      ['conversation.get', {}],
      ['member.list', {}],
      ['conversation.receipts', {}],
      ['conversation.read', { readSeq: 1 }],
      ['message.edit', { id: v7(), content: 'x' }],
      ['message.delete', { id: v7() }],
    ] as const;
    for (const [type, input] of tries)
      expect((await stranger.call(type, { conversationId: id, ...input })).error, type).toMatchObject({
        code: 'not_found',
      });
    await send(annLaptop, id, 'between us');
    await eventOf(benPhone, 'message.created', id);
    await flushed(stranger);
    expect(wordsOf(stranger, id)).toEqual([]);
  });
});
