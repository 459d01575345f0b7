import type { Welcome } from '../protocol.ts';
import { count, id, isRecord, text } from './guards.ts';

type Bound = readonly [usual: number, most: number, least?: number];
type Bounds<T> = Readonly<Record<keyof T, Bound>>;

/** What a server may set, within what any could mean; the usual is taken when nothing sensible was said. */
const limits: Bounds<Welcome['limits']> = {
  frameBytes: [65_536, 16_777_216, 1_024],
  textCodePoints: [5_000, 1_000_000],
  page: [100, 1_000],
  membersPerGroup: [10_000, 1_000_000],
  usersPerCommand: [200, 10_000],
  conversationsPerUser: [1_000, 1_000_000],
  inFlight: [64, 1_000],
  unread: [1_000, 1_000_000],
  syncCursors: [1_000, 10_000],
  watchedUsers: [200, 1_000],
  sendBurst: [200, 10_000_000],
  sendsPerMinute: [3_000, 60_000_000, 0],
};
const timings: Bounds<Welcome['timings']> = {
  pingMs: [25_000, 300_000, 1_000],
  typingMs: [4_000, 60_000, 1_000],
  typingExpiresMs: [6_000, 60_000, 1_000],
};

const epochText = text(128);

/** The answer to `auth`; undefined when it says neither who nor where one is. */
export const welcomeIn = (data: Readonly<Record<string, unknown>>): Welcome | undefined => {
  const { userId, sessionId, expiresAt, epoch, urev, serverTime, featureLevel } = data;
  if (!id(userId) || !epochText(epoch) || epoch === '' || !count(urev)) return undefined;
  return {
    ...{ userId, epoch, urev },
    ...(id(sessionId) && { sessionId }),
    ...(count(expiresAt) && { expiresAt }),
    serverTime: count(serverTime) ? serverTime : 0,
    featureLevel: count(featureLevel) ? featureLevel : 1,
    timings: within(timings, data['timings']),
    limits: within(limits, data['limits']),
  };
};

const within = <T>(bounds: Bounds<T>, told: unknown): T => {
  const said = isRecord(told) ? told : {};
  const entries = Object.entries<Bound>(bounds).map(([name, [usual, most, least = 1]]) => {
    const value = said[name];
    return [name, count(value) ? Math.min(Math.max(value, least), most) : usual];
  });
  return Object.fromEntries(entries) as T; // one entry for each of its keys
};
