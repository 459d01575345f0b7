import { beforeEach, describe, expect, it } from 'vitest';
import { UserId } from '#app/domain/shared/ids.ts';
import { departure } from '#app/interfaces/ws/departure.ts';
import type { Session } from '#app/interfaces/ws/session.ts';
import { WsNode, type TestSession } from '../../../support/ws-node.ts';

const ANN = UserId('018f0000-0000-7000-8000-000000000001');

let now: number;
let node: WsNode;
let sessions: TestSession[];
let told: number[];
let ended: number[];
/** Once, after half a second. */
let stall: number;
/** How long each wait takes at least. */
let step: number;

/** Runs it to its end; sockets close when they are ended, unless they hang. */
const run = async (ms: number, hangs: (session: Session) => boolean = () => false, callOffAfter = Infinity) => {
  const began = now;
  const calling = new AbortController();
  await departure(sessions, ms, {
    clock: { now: () => now, monotonic: () => now },
    events: { publish: () => {}, hears: () => false, on: () => () => {} },
    end: (session) => {
      ended.push(now - began);
      if (!hangs(session)) session.socket.end(1012, 'gone');
    },
    empty: () => sessions.every(({ socket }) => !socket.open),
    after: async (wait) => {
      now += stall > 0 && now - began > 500 ? stall : Math.max(wait, step);
      if (now - began > 500) stall = 0;
      if (now - began >= callOffAfter) calling.abort();
    },
    calledOff: calling.signal,
  });
  return now - began;
};

beforeEach(() => {
  now = 1_000;
  stall = 0;
  step = 0;
  node = new WsNode();
  told = [];
  ended = [];
  sessions = Array.from({ length: 500 }, (_, n) => {
    const session = node.enter(`session-${n}`, ANN);
    session.socket.got.push = (...frames) => {
      told.push(now - 1_000);
      return frames.length;
    };
    return session;
  });
});

describe('a departure', () => {
  it('tells each in a slot of their own and closes them a second later', async () => {
    expect(await run(20_000)).toBeLessThan(3_100);
    expect([told.length, ended.length]).toEqual([500, 500]);
    // 250 a second, and nowhere much more
    for (let from = 0; from < 2_000; from += 100)
      expect(told.filter((at) => at >= from && at < from + 100).length).toBeLessThanOrEqual(40);
    expect(told.every((at, n) => ended[n]! >= at + 990)).toBe(true); // as many as were told
  });

  it('does not make up for a stall at once', async () => {
    stall = 400;
    await run(20_000);
    // twice what it tells in half a second
    for (let from = 0; from < 4_000; from += 10)
      expect(told.filter((at) => at >= from && at < from + 500).length).toBeLessThanOrEqual(250);
    expect(ended).toHaveLength(500);
  });

  it('keeps its pace on a node so busy that each step takes long', async () => {
    step = 60;
    expect(await run(20_000)).toBeLessThan(3_200);
    expect([told.length, ended.length]).toEqual([500, 500]);
  });

  it('takes no longer than it may', async () => {
    expect(await run(1_000)).toBeLessThanOrEqual(1_020);
    expect(ended[0]).toBeGreaterThanOrEqual(500);
  });

  it('is over at once when there is no time', async () => {
    expect(await run(0)).toBe(0);
    expect(ended).toHaveLength(500);
  });

  it('waits for those that still have something under way, and not for ever', async () => {
    expect(await run(1_000, (session) => session === sessions[7])).toBeGreaterThan(3_000);
    expect(sessions.filter(({ socket }) => socket.open)).toHaveLength(1);
    expect(sessions[7]!.leaving).toBe(true);
  });

  it('that is called off goes on with those who were told, and with nobody else', async () => {
    expect(await run(20_000, () => false, 500)).toBeLessThan(1_600);
    expect(told.length).toBeGreaterThan(50);
    expect(Math.max(...told)).toBeLessThanOrEqual(500);
    expect(ended.length).toBe(told.length);
    expect(sessions.filter(({ socket }) => socket.open)).toHaveLength(500 - told.length);
  });

  it('is over when everybody left before their time', async () => {
    for (const { socket } of sessions) socket.end(1000, 'bye');
    expect(await run(20_000)).toBe(0);
  });
});
