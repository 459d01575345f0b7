import type { Clock } from '#app/application/ports/clock.ts';
import type { SecretHash } from '#app/application/ports/secrets.ts';
import type { ApiKey } from '#app/domain/identity/api-key.ts';
import { handleTaken } from '#app/domain/identity/identity-refusals.ts';
import type { SessionEnd } from '#app/domain/identity/identity-events.ts';
import type { Handle } from '#app/domain/identity/handle.ts';
import type { Session } from '#app/domain/identity/session.ts';
import type { User } from '#app/domain/identity/user.ts';
import type { ApiKeyId, SessionId, UserId } from '#app/domain/shared/ids.ts';

export interface StoredSession extends Session {
  readonly endedBy: SessionEnd | undefined;
}

export interface StoredToken {
  readonly sessionId: SessionId;
  readonly expiresAt: number;
  /** When it was exchanged or made void; undefined while it is good. */
  readonly usedAt: number | undefined;
  /** What it was exchanged for last, by hash in hex. */
  readonly successor: string | undefined;
}

export interface StoredApiKey extends ApiKey {
  readonly hash: string;
  readonly revoked: boolean;
}

/**
 * The tables that the in-process identity adapters share. Nothing awaits between a check and its write, so each method of
 * an adapter is a transaction.
 */
export class IdentityMemory {
  readonly users = new Map<UserId, User>();
  readonly passwordHashes = new Map<UserId, string>();
  readonly subjects = new Map<string, UserId>();
  readonly sessions = new Map<SessionId, StoredSession>();
  /** By hash in hex. */
  readonly tokens = new Map<string, StoredToken>();
  readonly apiKeys = new Map<ApiKeyId, StoredApiKey>();

  constructor(private readonly clock: Clock) {}

  now(): Date {
    return new Date(this.clock.now());
  }

  after(ttlMs: number): Date {
    return new Date(this.clock.now() + ttlMs);
  }

  enabled(userId: UserId): boolean {
    return this.users.get(userId)?.disabled === false;
  }

  refuseTaken(handle: Handle | undefined, by: UserId): void {
    if (handle === undefined) return;
    for (const user of this.users.values()) if (user.handle === handle && user.id !== by) throw handleTaken();
  }

  live(session: StoredSession): boolean {
    return (
      session.endedBy === undefined && session.expiresAt.getTime() > this.clock.now() && this.enabled(session.userId)
    );
  }

  /** Gives those that had not ended before. */
  end(sessions: Iterable<StoredSession>, endedBy: SessionEnd): readonly SessionId[] {
    const ended = [...sessions].filter((session) => session.endedBy === undefined);
    for (const session of ended) this.sessions.set(session.id, { ...session, endedBy });
    return ended.map(({ id }) => id);
  }
}

export const hex = (hash: SecretHash): string => Buffer.from(hash).toString('hex');
