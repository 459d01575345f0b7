import * as v from 'valibot';
import { TYPING_EVERY_MS, TYPING_EXPIRES_MS } from '#app/domain/connection/presence.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { Welcome } from '../commands/command.ts';

/** Raised by one with each addition to the protocol that a client may want to know of. */
export const FEATURE_LEVEL = 4;

/** What clients are told of the server's bounds; the names are those of the configuration. */
export interface ToldLimits {
  readonly frameBytes: number;
  readonly textCodePoints: number;
  readonly page: number;
  readonly membersPerGroup: number;
  readonly usersPerCommand: number;
  readonly conversationsPerUser: number;
  readonly inFlight: number;
  readonly unread: number;
  readonly syncCursors: number;
  readonly watchedUsers: number;
  readonly sendBurst: number;
  readonly sendsPerMinute: number;
}

export interface WelcomeContext {
  readonly clock: Clock;
  readonly pingMs: number;
  readonly limits: ToldLimits;
}

const id = v.pipe(v.string(), v.uuid());
const count = v.pipe(v.number(), v.safeInteger());

export const WelcomeFrame = v.object({
  userId: id,
  /** Absent for API keys and users of outside issuers. */
  sessionId: v.optional(id),
  /** Renew the token before; epoch milliseconds. Absent when it has no end. */
  expiresAt: v.optional(count),
  /** Names this history of the database; another one than yours makes all your cursors a `reset`. */
  epoch: v.string(),
  /** Where your own state stands. */
  urev: count,
  /** The server's clock, epoch milliseconds. */
  serverTime: count,
  featureLevel: count,
  timings: v.object({
    /** Send something at least this often; a peer silent for two of them is gone, on both sides. */
    pingMs: count,
    /** While somebody types, say so this often. */
    typingMs: count,
    /** Who was not heard for so long has stopped typing. */
    typingExpiresMs: count,
  }),
  limits: v.object({
    frameBytes: count,
    textCodePoints: count,
    page: count,
    membersPerGroup: count,
    usersPerCommand: count,
    conversationsPerUser: count,
    inFlight: count,
    unread: count,
    syncCursors: count,
    watchedUsers: count,
    /** A user's bucket of the class `send`, over all devices. */
    sendBurst: count,
    /** What comes back into it, rounded down. */
    sendsPerMinute: count,
  }),
});

export const welcomeFrame = (
  welcome: Welcome,
  { clock, pingMs, limits }: WelcomeContext,
): v.InferInput<typeof WelcomeFrame> => ({
  userId: welcome.userId,
  ...(welcome.sessionId && { sessionId: welcome.sessionId }),
  ...(welcome.expiresAt !== undefined && { expiresAt: welcome.expiresAt }),
  epoch: welcome.epoch,
  urev: welcome.urev,
  serverTime: clock.now(),
  featureLevel: FEATURE_LEVEL,
  timings: { pingMs, typingMs: TYPING_EVERY_MS, typingExpiresMs: TYPING_EXPIRES_MS },
  limits,
});

/** For a command of connections that is called without one. */
export const internalOnly = (): never => {
  throw new Refusal('unsupported', 'only_on_a_connection', 'this command belongs to a WebSocket connection');
};
