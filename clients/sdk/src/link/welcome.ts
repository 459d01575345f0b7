import type { Welcome } from '../protocol.ts';
import { count, id, isRecord, text } from './guards.ts';

interface Bound {
  readonly least: number;
  readonly most: number;
  /** Taken when nothing sensible was said. */
  readonly usual: number;
}

/** What a server may set, within what any could mean. */
const limits: Readonly<Record<keyof Welcome['limits'], Bound>> = {
  frameBytes: { least: 1_024, most: 16_777_216, usual: 65_536 },
  textCodePoints: { least: 1, most: 1_000_000, usual: 5_000 },
  page: { least: 1, most: 1_000, usual: 100 },
  membersPerGroup: { least: 2, most: 1_000_000, usual: 10_000 },
  usersPerCommand: { least: 1, most: 10_000, usual: 200 },
  conversationsPerUser: { least: 1, most: 1_000_000, usual: 1_000 },
  inFlight: { least: 1, most: 1_000, usual: 64 },
  unread: { least: 1, most: 1_000_000, usual: 1_000 },
  syncCursors: { least: 1, most: 10_000, usual: 1_000 },
  watchedUsers: { least: 1, most: 1_000, usual: 200 },
};
const pingMs: Bound = { least: 1_000, most: 300_000, usual: 25_000 };
const typingMs: Bound = { least: 1_000, most: 60_000, usual: 4_000 };
const typingExpiresMs: Bound = { least: 1_000, most: 60_000, usual: 6_000 };

const epoch = text(128);

/** The answer to `auth`; undefined when it says neither who nor where one is. */
export const welcomeIn = (data: Readonly<Record<string, unknown>>): Welcome | undefined => {
  if (!id(data['userId']) || !epoch(data['epoch']) || data['epoch'] === '' || !count(data['urev'])) return undefined;
  const timings = isRecord(data['timings']) ? data['timings'] : {};
  const told = isRecord(data['limits']) ? data['limits'] : {};
  return {
    userId: data['userId'],
    ...(id(data['sessionId']) && { sessionId: data['sessionId'] }),
    ...(count(data['expiresAt']) && { expiresAt: data['expiresAt'] }),
    epoch: data['epoch'],
    urev: data['urev'],
    serverTime: count(data['serverTime']) ? data['serverTime'] : 0,
    featureLevel: count(data['featureLevel']) ? data['featureLevel'] : 1,
    timings: {
      pingMs: within(pingMs, timings['pingMs']),
      typingMs: within(typingMs, timings['typingMs']),
      typingExpiresMs: within(typingExpiresMs, timings['typingExpiresMs']),
    },
    limits: limitsIn(told),
  };
};

const within = ({ least, most, usual }: Bound, value: unknown): number =>
  count(value) ? Math.min(Math.max(value, least), most) : usual;

const limitsIn = (told: Readonly<Record<string, unknown>>): Welcome['limits'] => {
  const entries = Object.entries(limits).map(([name, bound]) => [name, within(bound, told[name])]);
  return Object.fromEntries(entries) as Welcome['limits']; // one entry for each of its keys
};
