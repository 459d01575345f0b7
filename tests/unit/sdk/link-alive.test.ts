import { describe, expect, it } from 'vitest';
import { Lost, Refused } from '../../../clients/sdk/src/link/failures.ts';
import { type FakeSocket, LinkStage, welcome } from './link-stage.ts';

const PING_MS = 25_000;
const pings = (socket: FakeSocket) => socket.sent.filter(({ type }) => type === 'ping').length;
const pong = (socket: FakeSocket) => socket.answers('ping', { timestamp: 1 });
const news = { type: 'of a later version', data: {} };
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the heartbeat', () => {
  it('pings when nothing else was said for the interval', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    await stage.pass(PING_MS - 200);
    expect(pings(socket)).toBe(0);
    await stage.pass(300);
    expect(pings(socket)).toBe(1);
    pong(socket);
    await stage.pass(PING_MS - 1_000);
    const asked = stage.link.call('user.me', {});
    socket.answers('user.me', { id: welcome().userId, urev: 1, displayName: 'Ann' });
    await asked;
    await stage.pass(PING_MS - 1_000);
    expect(pings(socket)).toBe(1);
    await stage.pass(2_000);
    expect(pings(socket)).toBe(2);
  });

  it('goes on for hours without a break', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    socket.pongs = true;
    await stage.pass(7_200_000, 1_000);
    expect(stage.log).toEqual(['connecting', 'opened', 'online']);
    expect(pings(socket)).toBeGreaterThanOrEqual(270);
    expect(pings(socket)).toBeLessThanOrEqual(288);
  });

  it('gives up a connection from which nothing came for two intervals', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    await stage.pass(2 * PING_MS - 200);
    expect(socket.closed).toBe(false);
    await stage.pass(300);
    expect(socket.closed).toBe(true);
    await stage.arrive();
    expect(stage.log).toEqual(['connecting', 'opened', 'online', 'lost', 'connecting', 'opened', 'online']);
  });

  it('suspects a connection that owes an answer and is silent for eight seconds', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    await stage.pass(3_000);
    const failed = failureOf(stage.link.call('user.me', {}));
    await stage.pass(7_900);
    expect(pings(socket)).toBe(0);
    await stage.pass(200);
    expect([pings(socket), socket.closed]).toEqual([1, false]);
    await stage.pass(4_000);
    expect(socket.closed).toBe(true);
    expect(await failed).toBeInstanceOf(Lost);
  });

  it('leaves one alone that is slow to answer and says other things', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    void failureOf(stage.link.call('user.me', {}));
    for (let i = 0; i < 4; i++) {
      await stage.pass(5_000);
      socket.says(news);
    }
    expect([pings(socket), socket.closed]).toEqual([0, false]);
  });

  it('takes anything that comes for a sign of life', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    for (let i = 0; i < 3; i++) {
      await stage.pass(PING_MS);
      socket.says(news);
    }
    expect(stage.link.status).toBe('online');
  });

  it('does not blame the server for the timers of a page in the background, which come once a minute', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    socket.pongs = true;
    for (let minute = 0; minute < 60; minute++) await stage.leap(60_000);
    expect(stage.log).toEqual(['connecting', 'opened', 'online']);
    socket.pongs = false;
    for (let minute = 0; minute < 4; minute++) await stage.leap(60_000);
    expect(socket.closed).toBe(true);
  });

  it.each([
    ['a moment', 1, 1_000],
    ['a year', 31_536_000_000, 300_000],
    ['nonsense', 'often', 25_000],
    ['less than nothing', -1, 25_000],
  ])('has an interval within reason when the server says %s', async (_what, pingMs, expected) => {
    const stage = new LinkStage();
    const socket = await stage.started({ timings: { pingMs } });
    await stage.pass(expected - 100, 50);
    expect(pings(socket)).toBe(0);
    await stage.pass(200, 50);
    expect(pings(socket)).toBe(1);
  });
});

describe('after a sleep', () => {
  it('proves the connection before it is trusted, and goes on with it', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    await stage.leap(3_600_000);
    expect(pings(socket)).toBe(1);
    expect(stage.link.status).toBe('online');
    await stage.pass(3_000);
    pong(socket);
    socket.pongs = true;
    await stage.pass(60_000, 1_000);
    expect(stage.log).toEqual(['connecting', 'opened', 'online']);
  });

  it('gives it up after four seconds without the answer, whatever else comes', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    const asked = failureOf(stage.link.call('user.me', {}));
    await stage.leap(3_600_000);
    await stage.pass(3_800);
    // from before the sleep
    socket.says(news);
    expect(socket.closed).toBe(false);
    await stage.pass(300);
    expect(socket.closed).toBe(true);
    expect(await asked).toBeInstanceOf(Lost);
  });

  it('notices it by the clock on the wall, where the other one stood still', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    await stage.pass(20_000);
    stage.wall += 3_600_000;
    await stage.pass(5_200);
    expect(pings(socket)).toBe(1);
    await stage.pass(4_100);
    expect(socket.closed).toBe(true);
  });

  it('does not take a clock that was set back for a sleep', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    await stage.pass(20_000);
    stage.wall -= 3_600_000;
    await stage.pass(10_000);
    expect(socket.closed).toBe(false);
    expect(pings(socket)).toBe(1);
  });

  it('asks again when it slept through the proof', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    await stage.leap(3_600_000);
    await stage.leap(3_600_000);
    expect(socket.closed).toBe(false);
    expect(pings(socket)).toBe(2);
    pong(socket);
    await stage.pass(5_000);
    expect(stage.link.status).toBe('online');
  });

  it('takes even a refused ping for a proof', async () => {
    const stage = new LinkStage();
    const socket = await stage.started();
    await stage.leap(3_600_000);
    socket.refuses('ping', { code: 'rate_limited' });
    await stage.pass(5_000);
    expect(stage.link.status).toBe('online');
  });
});

describe('when the page wakes', () => {
  const woken = () => {
    let wake = (): void => {};
    let left = 0;
    const stage = new LinkStage({
      onWake: (awake) => {
        wake = awake;
        return () => left++;
      },
    });
    return { stage, wake: () => wake(), left: () => left };
  };

  it('doubts the connection, once at a time', async () => {
    const { stage, wake } = woken();
    const socket = await stage.started();
    wake();
    wake();
    expect(pings(socket)).toBe(1);
    pong(socket);
    await stage.pass(5_000);
    wake();
    await stage.pass(4_100);
    expect(socket.closed).toBe(true);
  });

  it('waits no longer to connect, and hears no more once it is closed', async () => {
    const { stage, wake, left } = woken();
    stage.luck = 0.999;
    stage.link.start();
    for (let i = 0; i < 6; i++) (await stage.begins()).closesWith(1006);
    wake();
    await stage.pass(1);
    expect(stage.sockets).toHaveLength(7);
    stage.link.close();
    expect(left()).toBe(1);
  });
});

describe('the token of a connection', () => {
  const life = { serverTime: 1_795_284_900_000, expiresAt: 1_795_284_900_000 + 900_000 };
  const tokens = () => {
    const asked: (string | undefined)[] = [];
    const failures: Error[] = [];
    const auth = {
      token: async (insteadOf?: string) => {
        asked.push(insteadOf);
        const failure = failures.shift();
        if (failure) throw failure;
        return `token ${asked.length}`;
      },
    };
    return { auth, asked, failures };
  };
  /** Time goes by while the server answers pings. */
  const passing = (stage: LinkStage, ms: number) => {
    stage.socket.pongs = true;
    return stage.pass(ms, 500);
  };
  const auths = (socket: FakeSocket) =>
    socket.sent.filter(({ type }) => type === 'auth').map(({ data }) => data['token']);

  it('is renewed in band at two thirds of its life, again and again', async () => {
    const { auth, asked } = tokens();
    const stage = new LinkStage({ auth });
    const socket = await stage.started(life);
    await passing(stage, 599_000);
    expect(auths(socket)).toEqual(['token 1']);
    await passing(stage, 3_000);
    expect(auths(socket)).toEqual(['token 1', 'token 2']);
    socket.answers('auth', welcome(life));
    await passing(stage, 602_000);
    expect(auths(socket)).toEqual(['token 1', 'token 2', 'token 3']);
    expect(asked).toEqual([undefined, 'token 1', 'token 2']);
    expect(stage.log).toEqual(['connecting', 'opened', 'online']);
  });

  it('is renewed one try at a time, with growing waits when that fails', async () => {
    const { auth, asked, failures } = tokens();
    const stage = new LinkStage({ auth });
    const socket = await stage.started(life);
    failures.push(new Lost('no network'), new Refused('unavailable', 'later'), new Error('a bug'));
    await passing(stage, 603_000);
    expect(asked).toHaveLength(2);
    await passing(stage, 25_000);
    expect(auths(socket)).toEqual(['token 1', 'token 5']);
    socket.refuses('auth', { code: 'rate_limited' });
    await passing(stage, 20_000);
    expect(auths(socket)).toEqual(['token 1', 'token 5', 'token 6']);
    expect(stage.link.status).toBe('online');
  });

  it('is renewed with short waits again after it went well', async () => {
    const { auth, asked, failures } = tokens();
    const stage = new LinkStage({ auth });
    stage.luck = 0.999;
    const socket = await stage.started(life);
    failures.push(...Array.from({ length: 5 }, () => new Lost('no network')));
    await passing(stage, 660_000);
    expect(failures).toEqual([]);
    socket.answers('auth', welcome(life));
    failures.push(new Lost('no network'));
    await passing(stage, 601_000);
    const tried = asked.length;
    await passing(stage, 6_000);
    expect(asked).toHaveLength(tried + 1);
  });

  it('is not asked for again when there will be no other: the connection lives as long as it may', async () => {
    const { auth, asked, failures } = tokens();
    const stage = new LinkStage({ auth });
    const socket = await stage.started(life);
    const over = () => new Refused('unauthenticated', 'the session is over');
    failures.push(over());
    await passing(stage, 880_000);
    expect(asked).toHaveLength(2);
    expect(stage.link.status).toBe('online');
    failures.push(over());
    socket.closesWith(4410);
    await stage.pass(1_000);
    expect(stage.stop).toEqual({ reason: 'signed_out' });
  });

  it.each([
    ['has no end', {}],
    ['ends beyond reason', { serverTime: 0, expiresAt: Number.MAX_SAFE_INTEGER }],
    ['ends at no time', { serverTime: 0, expiresAt: 'soon' }],
  ])('is left alone when it %s', async (_what, over) => {
    const { auth, asked } = tokens();
    const stage = new LinkStage({ auth });
    await stage.started(over);
    await passing(stage, 2_000_000);
    expect(asked).toHaveLength(1);
  });

  it('is not renewed more often than every five seconds, however short its life is', async () => {
    const { auth, asked } = tokens();
    const stage = new LinkStage({ auth });
    const dead = { serverTime: life.serverTime, expiresAt: life.serverTime - 1 };
    const socket = await stage.started(dead);
    for (let second = 0; second < 30; second++) {
      await passing(stage, 1_000);
      if (socket.sent.at(-1)?.type === 'auth') socket.answers('auth', welcome(dead));
    }
    expect(asked.length).toBeLessThanOrEqual(7);
    expect(asked.length).toBeGreaterThan(3);
  });

  it('is not renewed when it is the only one', async () => {
    const stage = new LinkStage({ auth: 'an API key' });
    const socket = await stage.started(life);
    await passing(stage, 890_000);
    expect(auths(socket)).toEqual(['an API key']);
  });

  it('is renewed past all calls that wait for their turn', async () => {
    const { auth } = tokens();
    const stage = new LinkStage({ auth });
    const brief = { serverTime: 0, expiresAt: 15_000 };
    const socket = await stage.started({ ...brief, limits: { inFlight: 5 } });
    const calls = Array.from({ length: 20 }, () => failureOf(stage.link.call('user.me', {})));
    await passing(stage, 11_000);
    expect(auths(socket)).toEqual(['token 1', 'token 2']);
    stage.link.close();
    await Promise.all(calls);
  });

  it('is waited for no longer than the link is open', async () => {
    let fail = (_error: Error): void => {};
    let asked = 0;
    const auth = () =>
      ++asked === 1 ? Promise.resolve('token 1') : new Promise<string>((_resolve, reject) => (fail = reject));
    const stage = new LinkStage({ auth });
    await stage.started(life);
    await passing(stage, 602_000);
    expect(asked).toBe(2);
    stage.link.close();
    fail(new Lost('no network'));
    await stage.pass(1_000);
    expect(stage.timers.size).toBe(0);
  });

  it('is not renewed for a connection that is gone', async () => {
    const { auth, asked } = tokens();
    const stage = new LinkStage({ auth });
    const first = await stage.started(life);
    await passing(stage, 595_000);
    first.closesWith(1006);
    await stage.begins();
    await stage.pass(9_000);
    expect(asked).toEqual([undefined, undefined]);
  });

  it('is renewed on the next connection only, once this one is lost', async () => {
    const { auth, asked } = tokens();
    const stage = new LinkStage({ auth });
    const first = await stage.started(life);
    await passing(stage, 300_000);
    first.closesWith(1006);
    await stage.arrive(life);
    await passing(stage, 590_000);
    expect(asked).toHaveLength(2);
    await passing(stage, 20_000);
    expect(asked).toEqual([undefined, undefined, 'token 2']);
  });
});
