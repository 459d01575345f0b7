import { describe, expect, it } from 'vitest';
import { Lost } from '../../../clients/sdk/src/link/failures.ts';
import { aMessage, annId, conversationId, created, LinkStage, messageId, welcome } from './link-stage.ts';

const send = { id: messageId.toUpperCase(), conversationId, content: 'Hello!' };
const sent = { conversationId, seq: 41, rev: 57, sentAt: '2026-11-20T18:30:00.000Z', duplicate: false };
const membership = {
  ...{ conversationId, urev: 13, member: true, firstSeq: 1, readSeq: 41, archived: false },
  unread: { count: 1, more: false },
};
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a call', () => {
  it('is rejected with Lost while there is no connection', async () => {
    const stage = new LinkStage();
    expect(await failureOf(stage.link.call('ping', {}))).toBeInstanceOf(Lost);
    stage.link.start();
    (await stage.begins()).opens();
    expect(await failureOf(stage.link.call('ping', {}))).toBeInstanceOf(Lost);
    expect(stage.socket.sent.map(({ type }) => type)).toEqual(['auth']);
  });

  it('gets its own answer, in whatever order they come', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    const [one, two] = [
      stage.link.call('ping', {}),
      stage.link.call('user.change_password', { current: 'x', next: 'y' } as never),
    ];
    const [first, second] = socket.sent.slice(-2);
    socket.says({ id: second!.id, ok: true, data: { two: 2 } });
    socket.says({ id: first!.id, ok: true, data: { timestamp: 1 } });
    expect(await Promise.all([one, two])).toEqual([{ timestamp: 1 }, { two: 2 }]);
  });

  it.each([
    [
      'message.send',
      send,
      sent,
      {
        type: 'message.created',
        data: {
          conversationId,
          rev: 57,
          message: { ...aMessage(), seq: 41, rev: 57, senderId: annId, content: 'Hello!', sentAt: sent.sentAt },
        },
      },
    ],
    [
      'message.send',
      { id: messageId, to: annId, content: 'Hi', replyTo: 3 },
      sent,
      {
        type: 'message.created',
        data: {
          conversationId,
          rev: 57,
          message: { ...aMessage(), seq: 41, rev: 57, senderId: annId, content: 'Hi', replyTo: 3, sentAt: sent.sentAt },
        },
      },
    ],
    [
      'message.edit',
      { conversationId, id: messageId, content: 'x' },
      { message: aMessage() },
      {
        type: 'message.edited',
        data: { conversationId, rev: 58, message: aMessage() },
      },
    ],
    [
      'message.delete',
      { conversationId, id: messageId },
      { message: aMessage() },
      {
        type: 'message.deleted',
        data: { conversationId, rev: 58, message: aMessage() },
      },
    ],
    [
      'conversation.read',
      { conversationId, readSeq: 41 },
      { membership },
      {
        type: 'membership.changed',
        data: { urev: 13, membership },
      },
    ],
    [
      'conversation.settings',
      { conversationId, archived: true },
      { membership },
      {
        type: 'membership.changed',
        data: { urev: 13, membership },
      },
    ],
    [
      'user.update',
      { displayName: 'Ann' },
      { id: annId, urev: 14, displayName: 'Ann', handle: 'ann', emailConfirmed: false },
      {
        type: 'profile.changed',
        data: { urev: 14, displayName: 'Ann', handle: 'ann' },
      },
    ],
  ] as const)('%s is told as its event, before it resolves', async (type, input, answer, event) => {
    const stage = new LinkStage();
    const socket = await stage.started();
    const asked = stage.link.call(type, input as never).then((data) => {
      stage.log.push('resolved');
      return data;
    });
    socket.answers(type, answer);
    expect(await asked).toEqual(answer);
    expect(stage.log.slice(-2)).toEqual([event.type, 'resolved']);
    expect(stage.events).toEqual([event]);
  });

  it('is rejected with what the server said, as far as that makes sense', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    const error = {
      code: 'unavailable',
      rule: 'order',
      retryAfterMs: 1_000,
      details: [{ path: 'a', expected: 'b' }, 7, null],
    };
    const one = failureOf(stage.link.call('message.send', send));
    socket.refuses('message.send', error);
    expect(await one).toMatchObject({ name: 'Refused', ...error, details: [{ path: 'a', expected: 'b' }] });
    const two = failureOf(stage.link.call('message.send', send));
    socket.refuses('message.send', { code: 'no_such_code', rule: 5, retryAfterMs: -1, details: 'x', message: {} });
    expect(await two).toMatchObject({ code: 'internal', rule: undefined, retryAfterMs: undefined, details: [] });
    expect(stage.events).toEqual([]);
  });

  it('has an answer that makes no sense for none, and comes back on another connection', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    const [one, two] = [failureOf(stage.link.call('message.send', send)), failureOf(stage.link.call('ping', {}))];
    socket.answers('message.send', { ...sent, rev: 1.5 });
    expect(await one).toBeInstanceOf(Lost);
    expect(await two).toBeInstanceOf(Lost);
    expect(stage.events).toEqual([]);
    expect(socket.closed).toBe(true);
    await stage.arrive();
    expect(stage.log).toEqual(['connecting', 'opened', 'online', 'lost', 'connecting', 'opened', 'online']);
  });

  it('is rejected with Lost before anybody hears that the connection is lost', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    const asked = failureOf(stage.link.call('ping', {}));
    socket.closesWith(1006);
    expect(await asked).toBeInstanceOf(Lost);
  });

  it('is not sent when its frame is longer than the server reads', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    const content = 'я'.repeat(40_000);
    expect(await failureOf(stage.link.call('message.send', { ...send, content }))).toMatchObject({ code: 'too_large' });
    expect(socket.sent).toHaveLength(1);
  });

  it('does not wait for ever: after a minute without an answer the connection is given up', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    const asked = failureOf(stage.link.call('user.me', {}));
    for (let second = 0; second < 90 && !socket.closed; second++) {
      await stage.pass(1_000);
      // it lives, and answers everything else
      socket.says(created());
    }
    expect(await asked).toBeInstanceOf(Lost);
    expect(socket.closed).toBe(true);
  });
});

describe('calls without an answer', () => {
  const call = (stage: LinkStage) => failureOf(stage.link.call('user.me', {}));
  const asked = (stage: LinkStage) => stage.socket.sent.filter(({ type }) => type === 'user.me').length;
  const me = { id: annId, urev: 1, displayName: 'Ann' };

  it('stay below what the server bears, with room for the heartbeat', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    const calls = Array.from({ length: 200 }, () => call(stage));
    expect(asked(stage)).toBe(62);
    await stage.pass(8_100); // as many without an answer are suspect
    expect(socket.last('ping')).toBeDefined();
    for (let i = 0; i < 200; i++) {
      expect(asked(stage)).toBeLessThanOrEqual(62 + i);
      socket.says({ id: socket.sent.filter(({ type }) => type === 'user.me')[i]!.id, ok: true, data: me });
    }
    expect(await Promise.all(calls)).toEqual(calls.map(() => undefined));
  });

  it.each([
    ['one', 1, 1],
    ['nothing that makes sense', 'many', 62],
    ['too few', -5, 62],
    ['too many', 1e9, 998],
  ])('are bounded when the server says %s', async (_what, inFlight, expected) => {
    const stage = new LinkStage();
    await stage.started({ limits: { ...welcome().limits, inFlight } });
    const calls = Array.from({ length: 1_000 }, () => call(stage));
    expect(asked(stage)).toBe(expected);
    stage.link.close();
    await Promise.all(calls);
  });

  it('wait in order behind, a thousand at most', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    const calls = Array.from({ length: 62 + 1_000 }, () => call(stage));
    expect(await call(stage)).toMatchObject({ code: 'rate_limited', rule: 'in_flight' });
    const ids: number[] = [];
    for (let i = 0; i < calls.length; i++) {
      const { id } = socket.sent[1 + i]!;
      ids.push(id);
      socket.says({ id, ok: true, data: me });
    }
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(await Promise.all(calls)).toHaveLength(1_062);
  });

  it('are all lost with the connection, those that wait too', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    const calls = Array.from({ length: 100 }, () => call(stage));
    socket.closesWith(1006);
    for (const failure of await Promise.all(calls)) expect(failure).toBeInstanceOf(Lost);
  });
});

describe('listeners', () => {
  it('hear in the order in which they came, until they leave; what one throws is reported and harms nobody', async () => {
    const stage = new LinkStage();
    const heard: string[] = [];
    const leave = stage.link.listen({
      event: () => {
        heard.push('first');
        throw new Error('a bug');
      },
    });
    stage.link.listen({ event: () => heard.push('second') });
    const socket = await stage.started();
    socket.says(created());
    leave();
    socket.says(created());
    expect(heard).toEqual(['first', 'second', 'second']);
    expect(stage.reports).toEqual([new Error('a bug')]);
    expect(stage.events).toHaveLength(2);
  });

  it('hear nothing more once they have left, even if that was a moment ago', async () => {
    const stage = new LinkStage();
    const heard: string[] = [];
    let leave = (): void => {};
    stage.link.listen({ event: () => leave() });
    leave = stage.link.listen({ event: () => heard.push('left') });
    (await stage.started()).says(created());
    expect(heard).toEqual([]);
  });

  it('may close the link when it is lost: it stays closed', async () => {
    const stage = new LinkStage();
    stage.link.listen({ lost: () => stage.link.close() });
    (await stage.started()).closesWith(1006);
    await stage.pass(10_000);
    expect(stage.sockets).toHaveLength(1);
    expect(stage.log).toEqual(['connecting', 'opened', 'online', 'lost', 'offline', 'stopped']);
  });

  it('may close the link while they are told', async () => {
    const stage = new LinkStage();
    stage.link.listen({ opened: () => stage.link.close() });
    const socket = await stage.started();
    expect(stage.link.status).toBe('offline');
    expect(socket.closed).toBe(true);
    expect(stage.log).toEqual(['connecting', 'opened', 'lost', 'offline', 'stopped']);
  });
});
