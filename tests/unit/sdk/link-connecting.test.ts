import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Lost, Refused } from '../../../clients/sdk/src/link/failures.ts';
import type { Stop } from '../../../clients/sdk/src/link/link.ts';
import { newWebSocketLink } from '../../../clients/sdk/src/link/web-socket-link.ts';
import { settle } from '../../support/manual-timers.ts';
import { bobId, LinkStage, welcome } from './link-stage.ts';

/** Loses each connection as soon as it is asked for; answers how long the link waited before each of them. */
const waits = async (stage: LinkStage, count: number): Promise<number[]> => {
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    stage.socket.closesWith(1006);
    found.push(await stage.untilNext());
  }
  return found;
};

describe('connecting', () => {
  it('opens the socket of the server, offers the sub-protocol and says who it is first', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    expect(socket).toMatchObject({ url: 'wss://chat.example/v1/ws', protocols: ['tertulia.v1'] });
    expect(socket.sent).toEqual([{ id: 1, type: 'auth', data: { token: 'a token' } }]);
  });

  it.each([
    ['http://chat.example', 'ws://chat.example/v1/ws'],
    ['https://chat.example:444/', 'wss://chat.example:444/v1/ws'],
    ['ws://[::1]:8301', 'ws://[::1]:8301/v1/ws'],
    ['wss://ann:secret@chat.example/path?query', 'wss://chat.example/v1/ws'],
  ])('finds the socket of %s', async (url, expected) => {
    const stage = new LinkStage({ url });
    stage.link.start();
    expect((await stage.begins()).url).toBe(expected);
  });

  it.each(['', 'chat.example', 'ftp://chat.example', 'javascript:alert(1)'])(
    'does not take %j for an address',
    (url) => {
      expect(() => newWebSocketLink({ url, auth: 'a token' })).toThrow(TypeError);
    },
  );

  it('starts once, ends once, and starts anew', async () => {
    const stage = new LinkStage();
    stage.link.start();
    stage.link.start();
    await stage.arrive();
    stage.link.close();
    stage.link.close();
    expect(stage.log).toEqual(['connecting', 'opened', 'online', 'lost', 'offline', 'stopped']);
    expect(stage.stop).toEqual({ reason: 'closed' });
    expect(stage.timers.size).toBe(0);
    await stage.started();
    expect(stage.link.status).toBe('online');
    expect(stage.sockets).toHaveLength(2);
  });

  it.each([
    ['while it waits', async () => {}],
    ['while it gets a token', async (stage: LinkStage) => stage.leap(1)],
    ['while the socket opens', async (stage: LinkStage) => void (await stage.begins())],
    ['while it says who it is', async (stage: LinkStage) => (await stage.begins()).opens()],
  ])('can be closed %s, and leaves nothing', async (_when, until) => {
    const stage = new LinkStage();
    stage.link.start();
    await until(stage);
    stage.link.close();
    await stage.pass(60_000, 1_000);
    expect(stage.timers.size).toBe(0);
    expect(stage.log).toEqual(['connecting', 'offline', 'stopped']);
    expect(stage.sockets.every(({ closed }) => closed)).toBe(true);
  });

  it('gives a socket ten seconds to open, and ten more for the answer', async () => {
    const stage = new LinkStage();
    stage.link.start();
    const first = await stage.begins();
    await stage.pass(9_900);
    expect(first.closed).toBe(false);
    await stage.pass(200);
    expect(first.closed).toBe(true);
    const second = await stage.begins();
    second.opens();
    await stage.pass(9_900);
    expect(second.closed).toBe(false);
    await stage.pass(200);
    expect(second.closed).toBe(true);
    await stage.arrive();
    expect(stage.log).toEqual(['connecting', 'opened', 'online']);
  });

  it('passes over a source of tokens that says nothing for half a minute, and takes no late answer', async () => {
    let answer: (token: string) => void = () => {};
    let asked = 0;
    const auth = () =>
      ++asked === 1 ? new Promise<string>((resolve) => (answer = resolve)) : Promise.resolve('second');
    const stage = new LinkStage({ auth });
    stage.link.start();
    await stage.pass(29_000);
    expect(stage.sockets).toEqual([]);
    await stage.pass(1_200);
    answer('first');
    const socket = await stage.arrive();
    expect(socket.last('auth').data).toEqual({ token: 'second' });
    expect(stage.sockets).toHaveLength(1);
  });

  it('stops when there will be no token, and tries again when there may be one later', async () => {
    const failures = [
      new Error('a bug'),
      new Lost('no network'),
      new Refused('unavailable', 'later', undefined, [], 7_000),
    ];
    const stage = new LinkStage({
      auth: () => {
        throw failures.shift() ?? new Refused('unauthenticated', 'the session is over');
      },
    });
    stage.link.start();
    await stage.pass(1_700);
    expect(failures).toHaveLength(0);
    await stage.pass(6_000);
    expect(stage.link.status).toBe('connecting');
    await stage.pass(5_000);
    expect(stage.stop).toEqual({ reason: 'signed_out' });
  });

  it('has nothing to do with a server of another sub-protocol', async () => {
    const stage = new LinkStage();
    stage.link.start();
    (await stage.begins()).opens('');
    expect(stage.socket).toMatchObject({ closed: true, sent: [] });
    await stage.arrive();
  });

  it('stops when the tokens are somebody else’s all of a sudden', async () => {
    const stage = new LinkStage();
    (await stage.started()).closesWith(1006);
    const socket = await stage.arrive({ userId: bobId });
    expect(stage.stop).toEqual({ reason: 'signed_out' });
    expect(socket.closed).toBe(true);
    expect(stage.log.filter((word) => word === 'opened')).toHaveLength(1);
  });
});

describe('backoff', () => {
  it('doubles its bound up to half a minute', async () => {
    const stage = new LinkStage();
    stage.luck = 0.999;
    stage.link.start();
    await stage.begins();
    const found = (await waits(stage, 9)).map((ms) => Math.round(ms / 100) / 10);
    expect(found).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('is all jitter below that', async () => {
    for (const luck of [0, 0.25, 0.5]) {
      const stage = new LinkStage();
      stage.luck = luck;
      stage.link.start();
      await stage.begins();
      const bounds = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
      for (const [at, wait] of (await waits(stage, 7)).entries())
        expect(Math.abs(wait - luck * bounds[at]!)).toBeLessThan(30);
    }
  });

  it('begins anew after a stable minute, and not before', async () => {
    const stage = new LinkStage();
    stage.luck = 0.999;
    stage.link.start();
    await stage.begins();
    await waits(stage, 4);
    stage.socket.opens();
    stage.socket.answers('auth', welcome());
    await answering(stage, 55_000);
    expect(await waits(stage, 1)).toEqual([expect.closeTo(8_000, -2)]);
    stage.socket.opens();
    stage.socket.answers('auth', welcome());
    await answering(stage, 60_000);
    expect(await waits(stage, 2)).toEqual([expect.closeTo(500, -2), expect.closeTo(1_000, -2)]);
  });

  it('is over at once when somebody asks for it, and only then', async () => {
    const stage = new LinkStage();
    stage.luck = 0.999;
    stage.link.retry();
    await stage.pass(1_000);
    expect(stage.sockets).toEqual([]);
    stage.link.start();
    await stage.begins();
    await waits(stage, 5);
    stage.socket.closesWith(1006);
    stage.link.retry();
    await settle();
    expect(stage.sockets).toHaveLength(7);
    stage.link.retry();
    await settle();
    expect(stage.sockets).toHaveLength(7);
    await stage.pass(1);
    stage.socket.opens();
    stage.socket.answers('auth', welcome());
    stage.link.retry();
    await stage.pass(1_000);
    expect(stage.sockets).toHaveLength(7);
  });

  it.each([
    ['as long as the server asks', 12_000, 12_000],
    ['five minutes at most', 3_000_000, 300_000],
  ])('lasts %s', async (_what, retryAfterMs, expected) => {
    const stage = new LinkStage();
    stage.link.start();
    (await stage.begins()).opens();
    stage.socket.refuses('auth', { code: 'rate_limited', retryAfterMs });
    stage.socket.closesWith(4429);
    const waited = await stage.untilNext();
    expect(waited).toBeGreaterThanOrEqual(expected);
    expect(waited).toBeLessThan(expected + 600);
  });
});

/** The server says something each five seconds, for so long. */
const answering = async (stage: LinkStage, ms: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += 5_000) {
    await stage.pass(5_000);
    stage.socket.says({ type: 'a later one', data: {} });
  }
};

describe('the end of a connection', () => {
  const comesBack = 'comes back';
  const table: readonly (readonly [number, Stop['reason'] | typeof comesBack])[] = [
    ...[1000, 1001, 1002, 1005, 1006, 1007, 1008, 1009, 1011, 1012, 1013, 1015, 3000, 3999, 4000, 4001].map(
      (code) => [code, comesBack] as const,
    ),
    ...[4408, 4410, 4413, 4429, 4450, 4451, 4499].map((code) => [code, comesBack] as const),
    [4500, 'refused'],
    [4502, 'revoked'],
    [4503, 'too_many_connections'],
    [4504, 'unsupported'],
    [4505, 'refused'],
    [4999, 'refused'],
  ];

  it.each(table)('%i: %s', async (code, expected) => {
    const stage = new LinkStage({ auth: async () => 'a token' });
    const socket = await stage.started();
    socket.closesWith(code);
    if (expected === comesBack) {
      await stage.arrive();
      expect(stage.log).toEqual(['connecting', 'opened', 'online', 'lost', 'connecting', 'opened', 'online']);
    } else {
      expect(stage.log).toEqual(['connecting', 'opened', 'online', 'lost', 'offline', 'stopped']);
      expect(stage.stop).toEqual({ reason: expected, code });
      expect(stage.timers.size).toBe(0);
    }
  });

  it('is known for every code of the document', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/protocol.md'), 'utf8');
    const section = page.slice(page.indexOf('## Close codes\n'), page.indexOf('## Limits\n'));
    const rows = [...section.matchAll(/^\| (\d{4}) \|[^|]*\| (\w+)/gm)].map(([, code, then]) => [Number(code), then]);
    expect(rows.length).toBeGreaterThanOrEqual(12);
    const known = new Map<number, string>([...table, [4501, 'signed_out']]);
    for (const [code, then] of rows)
      expect([code, known.get(code as number) === comesBack ? 'goes on' : 'stop']).toEqual([
        code,
        then === 'stop' ? 'stop' : 'goes on',
      ]);
  });

  it('by 4429 is followed by at least five seconds of rest', async () => {
    const stage = new LinkStage();
    (await stage.started()).closesWith(4429);
    expect(await stage.untilNext()).toBeGreaterThanOrEqual(5_000);
  });

  it.each([4410, 4501])('by %i asks for another token once, then stops', async (code) => {
    const asked: (string | undefined)[] = [];
    const stage = new LinkStage({
      auth: {
        token: async (insteadOf?: string) => {
          asked.push(insteadOf);
          return `token ${asked.length}`;
        },
      },
    });
    const socket = await stage.started();
    socket.closesWith(code);
    (await stage.begins()).opens();
    expect(asked).toEqual([undefined, 'token 1']);
    expect(stage.socket.last('auth').data).toEqual({ token: 'token 2' });
    stage.socket.refuses('auth', { code: 'unauthenticated' });
    stage.socket.closesWith(4501);
    expect(stage.stop).toEqual({ reason: 'signed_out', code: 4501 });
  });

  it('may cost a token again and again, as long as the next is taken', async () => {
    let asked = 0;
    const stage = new LinkStage({ auth: async () => `token ${++asked}` });
    await stage.started();
    for (let i = 0; i < 5; i++) {
      stage.socket.closesWith(4410);
      await stage.arrive();
    }
    expect(stage.link.status).toBe('online');
    expect(asked).toBe(6);
  });

  it.each([4410, 4501])('by %i stops at once where the token can’t be renewed', async (code) => {
    const stage = new LinkStage({ auth: 'an API key' });
    (await stage.started()).closesWith(code);
    await stage.pass(1_000);
    expect(stage.stop?.reason).toBe('signed_out');
    expect(stage.sockets).toHaveLength(1);
  });

  it.each([
    ['unauthenticated', 'signed_out'],
    ['rate_limited', undefined],
    ['unavailable', undefined],
    ['internal', undefined],
    ['no code', undefined],
  ])('after a refused auth (%s) without a close code: %s', async (code, reason) => {
    const stage = new LinkStage({ auth: 'an API key' });
    stage.link.start();
    (await stage.begins()).opens();
    stage.socket.refuses('auth', { code });
    await stage.pass(10_500);
    expect(stage.socket.closed || stage.sockets.length > 1).toBe(true);
    await stage.pass(1_000);
    expect(stage.stop?.reason).toBe(reason);
  });
});
