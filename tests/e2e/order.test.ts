import { Client } from 'pg';
import { v7 } from 'uuid';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RunningServer, type TestUser } from '../support/running-server.ts';
import type { WsClient } from '../support/ws-client.ts';

describe('what one connection does to one conversation', () => {
  let server: RunningServer;
  let ann: TestUser;
  let phone: WsClient;
  let id: string;

  beforeAll(async () => {
    server = await RunningServer.start();
    ann = await server.aUser();
  });
  beforeEach(async () => {
    id = await server.aGroup(ann);
    phone = await server.connectAs(ann);
    return () => phone.close();
  });

  const message = (content: string) => ({ conversationId: id, id: v7(), content });
  const send = (one: object) => phone.call('message.send', one);
  const log = async () =>
    (
      (await server.as(ann, 'message.history', { conversationId: id, limit: 100 }))['messages'] as {
        content: unknown;
        type: string;
      }[]
    )
      .filter(({ type }) => type === 'text')
      .map(({ content }) => content);
  /** Holds the conversation as a slow writer would; ends by calling what it resolves to. */
  const hold = async () => {
    const client = new Client({ connectionString: server.databaseUrl });
    await client.connect();
    await client.query('begin');
    await client.query('select from conversations where id = $1 for no key update', [id]);
    return () => client.end();
  };

  it('keeps the order of what is sent to a user whose conversation is not known yet', async () => {
    const ben = await server.aUser();
    const to = (content: string) => send({ to: ben.userId, id: v7(), content });
    const replies = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(to));
    expect(replies.map(({ data }) => data?.['seq'])).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(replies.map(({ data }) => data?.['conversationId'])).size).toBe(1);
  });

  it('takes effect in the order of its frames, without waiting for replies', async () => {
    const one = message('rough');
    const replies = await Promise.all([
      send(one),
      phone.call('message.edit', { ...one, content: 'smooth' }),
      send(message('second')),
      phone.call('conversation.update', { conversationId: id, title: 'Between' }),
      send(message('third')),
      phone.call('message.delete', one),
      phone.call('message.edit', { ...one, content: 'too late' }),
    ]);
    expect(replies.map(({ ok, error }) => (ok ? 'ok' : error?.rule))).toEqual([
      ...['ok', 'ok', 'ok', 'ok', 'ok', 'ok', 'message_deleted'],
    ]);
    const revs = replies.slice(0, 3).map(({ data }) => data!['rev'] ?? (data!['message'] as { rev: number }).rev); // all went well
    expect(revs).toEqual([2, 3, 4]);
    expect(await log()).toEqual([undefined, 'second', 'third']);
  });

  it('keeps 500 pipelined sends in order, 64 at a time', async () => {
    const words = Array.from({ length: 500 }, (_, n) => `message ${n}`);
    const seqs: unknown[] = [];
    for (let start = 0; start < words.length; start += 64)
      for (const { data } of await Promise.all(words.slice(start, start + 64).map((text) => send(message(text)))))
        seqs.push(data?.['seq']);
    expect(seqs).toEqual(words.map((_, n) => n + 2)); // after the entry that opens the log
    expect(await log()).toEqual(words.slice(-100));
  });

  it('is bounded: the 65th unanswered command is turned away, at once', async () => {
    const release = await hold();
    const sends = Array.from({ length: 64 }, (_, n) => send(message(`message ${n}`)));
    const over = await send(message('one too many'));
    expect(over.error).toMatchObject({
      code: 'rate_limited',
      rule: 'in_flight',
      retryAfterMs: expect.any(Number) as number,
    });
    await release();
    const replies = await Promise.all(sends);
    expect(replies.map(({ data }) => data?.['seq'])).toEqual(replies.map((_, n) => n + 2));
    expect((await send(message('now there is room'))).ok).toBe(true);
  });

  it('stops behind a send that failed until that one is sent again: nothing overtakes it', async () => {
    const [first, second, third] = [message('first'), message('second'), message('third')];
    const release = await hold();
    const failed = await Promise.all([first, second].map(send));
    expect(failed.map(({ error }) => error?.code)).toEqual(['unavailable', 'unavailable']);
    expect(failed[1]?.error).toMatchObject({ rule: 'order', retryAfterMs: expect.any(Number) as number });
    await release();
    expect((await send(third)).error).toMatchObject({ code: 'unavailable', rule: 'order' });
    // Another connection of the same user is another sender, and another conversation another lane.
    const laptop = await server.connectAs(ann);
    expect((await laptop.call('message.send', message('from elsewhere'))).ok).toBe(true);
    const elsewhere = await server.aGroup(ann);
    expect((await send({ ...message('there'), conversationId: elsewhere })).ok).toBe(true);
    const again = await Promise.all([first, second, third].map(send));
    expect(again.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect((await log()).filter((content) => content !== 'from elsewhere')).toEqual(['first', 'second', 'third']);
    await laptop.close();
  });

  it('does not wait for another conversation that is held', async () => {
    const other = await server.aGroup(ann);
    const release = await hold();
    const held = send(message('later'));
    const { ok } = await send({ ...message('now'), conversationId: other });
    expect(ok).toBe(true);
    await release();
    expect((await held).ok).toBe(true);
  });
});
