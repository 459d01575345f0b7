import type { SessionEnd } from '#app/domain/identity/identity-events.ts';
import type { NewSession, Session } from '#app/domain/identity/session.ts';
import type { SessionId, UserId } from '#app/domain/shared/ids.ts';
import type { SecretHash } from './secrets.ts';

/** A refresh token to be stored: its hash, and how long it and the session live from now on. */
export interface NextToken {
  readonly hash: SecretHash;
  readonly ttlMs: number;
}

export interface Opened {
  readonly session: Session;
  /** Sessions that were ended to make room, those unused for longest first. */
  readonly evicted: readonly SessionId[];
}

export type Rotation =
  | { readonly outcome: 'rotated'; readonly session: Session }
  /** The token was good once, or made void: somebody holds a copy. Its session has ended; `ended` is false if it had ended before. */
  | { readonly outcome: 'reused'; readonly sessionId: SessionId; readonly userId: UserId; readonly ended: boolean }
  /** Never issued, expired, of an ended session or of a disabled user: nothing changed. */
  | { readonly outcome: 'refused' };

export type WhichSessions = 'all' | { readonly only: SessionId } | { readonly except: SessionId };

/**
 * Sessions and their refresh tokens. Expiry is judged by the store's clock alone. A session is live until it expires or is
 * revoked, and while its user is not disabled; `find`, `list` and `rotate` see live ones only.
 */
export interface Sessions {
  /**
   * A new session with its first refresh token. At most `mostPerUser` stay live, this one included.
   * @throws Refusal `unauthenticated` when the user is disabled or unknown, also if that happened a moment ago.
   */
  open(session: NewSession, token: NextToken, mostPerUser: number): Promise<Opened>;

  /**
   * Exchanges a refresh token for the next. The same token again, within `graceMs` of its first exchange and while the one it
   * was exchanged for is unspent, makes that one void and gives another: the answer was lost, or calls raced. Any other use of
   * a spent or void token is `reused`: two hold the session, and so it ends. Calls for one session take turns.
   */
  rotate(presented: SecretHash, next: NextToken, graceMs: number): Promise<Rotation>;

  find(id: SessionId): Promise<Session | undefined>;

  /** Used last first. */
  list(userId: UserId): Promise<readonly Session[]>;

  /** Ends the user's sessions named; gives those that had not ended before. Somebody else's is never touched. */
  revoke(userId: UserId, which: WhichSessions, reason: SessionEnd): Promise<readonly SessionId[]>;
}
