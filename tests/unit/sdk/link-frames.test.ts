import { describe, expect, it } from 'vitest';
import { aMessage, conversationId, created, type FakeSocket, LinkStage, messageId, welcome } from './link-stage.ts';

const goaway = '{"type":"goaway","data":{"afterMs":300000}}';
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
/** A receipt with something in it that nobody looks at. */
const receipt = (more: string) =>
  `{"type":"receipt.changed","data":{"conversationId":"${conversationId}","userId":"${messageId}","readSeq":1,"deliveredSeq":1${more}}}`;

const heardOf = async (...frames: readonly unknown[]) => {
  const stage = new LinkStage();
  const socket = await stage.started();
  for (const frame of frames) socket.saysRaw(frame);
  return { stage, socket, heard: stage.events };
};

describe('a frame', () => {
  it.each([
    ['binary', new ArrayBuffer(8)],
    ['no JSON', '{"type"'],
    ['a list', `[${goaway}]`],
    ['of no type', '{"data":{"afterMs":0}}'],
    ['without data', '{"type":"goaway"}'],
    ['with a list for data', '{"type":"goaway","data":[]}'],
    ['of the wrong shape', '{"type":"goaway","data":{"afterMs":-1}}'],
    [
      'of an instant that never was',
      JSON.stringify(created({ message: aMessage({ sentAt: '2026-02-30T25:61:00.000Z' }) })),
    ],
    ['of content that is a list', JSON.stringify(created({ message: aMessage({ content: ['x'] }) }))],
    ['longer than a mebibyte', receipt(`,"x":"${'x'.repeat(1_048_576)}"`)],
    ['deeper than 64', receipt(`,"x":${nested(63)}`)],
    ['with __proto__', receipt(',"__proto__":{}')],
    ['with constructor', receipt(',"constructor":{}')],
    ['with prototype deep inside', receipt(',"x":[{"prototype":1}]')],
    ['of a type that every object has', '{"type":"toString","data":{}}'],
    ['of an unknown type', '{"type":"a later one","data":{"x":1}}'],
    ['an answer to nobody', '{"id":99,"ok":true,"data":{}}'],
    ['a reply to a frame that nobody could read', '{"id":null,"ok":false,"error":{"code":"too_large","message":"x"}}'],
  ])('%s is passed over', async (_what, frame) => {
    const { stage, heard } = await heardOf(frame);
    expect(heard).toEqual([]);
    expect(stage.link.status).toBe('online');
  });

  it.each([
    ['just under a mebibyte', receipt(`,"x":"${'x'.repeat(1_000_000)}"`)],
    ['just as deep as may be', receipt(`,"x":${nested(62)}`)],
    ['with fields that nobody knows', receipt(',"constructors":{},"a":null')],
  ])('%s is heard', async (_what, frame) => {
    const { heard } = await heardOf(frame);
    expect(heard.map(({ type }) => type)).toEqual(['receipt.changed']);
  });

  it('of an unknown type counts all the same', async () => {
    const { heard } = await heardOf(
      JSON.stringify({ type: 'reaction.added', data: { conversationId, rev: 58, reaction: '+' } }),
      JSON.stringify({ type: 'badge.changed', data: { urev: 13 } }),
      JSON.stringify({ type: 'reaction.added', data: { conversationId, rev: 0 } }),
      JSON.stringify({ type: 'reaction.added', data: { conversationId: 'x', rev: 3 } }),
    );
    expect(heard).toEqual([
      { type: 'conversation.changes', data: { conversationId, from: 57, upTo: 58, rows: [] } },
      { type: 'user.changes', data: { from: 12, upTo: 13, rows: [] } },
    ]);
  });
});

describe('malformed frames', () => {
  const nonsense = (socket: FakeSocket, times: number) => {
    for (let i = 0; i < times; i++) socket.saysRaw('{');
  };

  it('end the connection with the tenth within a minute, and it comes back', async () => {
    const { stage, socket } = await heardOf();
    nonsense(socket, 9);
    expect(socket.closed).toBe(false);
    nonsense(socket, 1);
    expect(socket.closed).toBe(true);
    nonsense(await stage.arrive(), 9);
    expect(stage.link.status).toBe('online');
  });

  it('are forgotten after a minute', async () => {
    const { stage, socket } = await heardOf();
    socket.pongs = true;
    for (let i = 0; i < 40; i++) {
      nonsense(socket, 1);
      await stage.pass(7_000);
    }
    expect(stage.log).toEqual(['connecting', 'opened', 'online']);
  });

  it.each([
    '{"id":-1,"ok":true,"data":{}}',
    '{"id":1.5,"ok":true,"data":{}}',
    '{"id":7,"ok":1,"data":{}}',
    '{"id":{}}',
  ])('are replies like %s too', async (frame) => {
    const { socket } = await heardOf(...Array.from({ length: 10 }, () => frame));
    expect(socket.closed).toBe(true);
  });

  it('are not events of a later version, nor replies that come twice', async () => {
    const { stage, socket } = await heardOf(...Array.from({ length: 100 }, () => '{"type":"a later one","data":{}}'));
    for (let i = 0; i < 100; i++) socket.saysRaw('{"id":1,"ok":true,"data":{}}');
    expect(stage.link.status).toBe('online');
  });

  it('are told to nobody before the connection is known', async () => {
    const stage = new LinkStage();
    stage.link.start();
    const socket = await stage.begins();
    socket.opens();
    socket.says(created());
    socket.saysRaw(goaway);
    expect(stage.events).toEqual([]);
    socket.answers('auth', welcome());
    expect(stage.link.status).toBe('online');
  });
});

describe('a welcome', () => {
  it.each([
    ['without a user', { userId: undefined }],
    ['of a user that is none', { userId: 'ann' }],
    ['without an epoch', { epoch: undefined }],
    ['with an empty epoch', { epoch: '' }],
    ['with an epoch of a mile', { epoch: 'x'.repeat(129) }],
    ['without a urev', { urev: undefined }],
    ['with half a urev', { urev: 0.5 }],
  ])('%s is none: the connection is left', async (_what, over) => {
    const stage = new LinkStage();
    stage.link.start();
    const socket = await stage.begins();
    socket.opens();
    socket.answers('auth', welcome(over));
    expect(socket.closed).toBe(true);
    await stage.arrive();
    expect(stage.log).toEqual(['connecting', 'opened', 'online']);
  });

  it('with absurd limits is taken within reason', async () => {
    const stage = new LinkStage();
    await stage.started({
      ...{ sessionId: 'x', expiresAt: -1, serverTime: 'now', featureLevel: null, timings: 7 },
      limits: { inFlight: 1e9, frameBytes: 1, page: 0.5, unread: null, textCodePoints: 2 ** 53 },
    });
    const { limits, timings, ...rest } = stage.link.welcome!;
    expect(rest).toEqual({ userId: welcome().userId, epoch: '7d1c0e5a', urev: 12, serverTime: 0, featureLevel: 1 });
    expect(timings).toEqual({ pingMs: 25_000, typingMs: 4_000, typingExpiresMs: 6_000 });
    expect(limits).toEqual({ ...welcome().limits, inFlight: 1_000, frameBytes: 1_024 });
  });
});
