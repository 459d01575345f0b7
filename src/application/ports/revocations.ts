import type { SessionEnd } from '#app/domain/identity/identity-events.ts';
import type { ApiKeyId, SessionId, UserId } from '#app/domain/shared/ids.ts';

export type RevocationReason = SessionEnd;

/** What stopped being valid: one session, one API key, or everything of a user. */
export type Revoked = { readonly sessionId: SessionId } | { readonly apiKeyId: ApiKeyId } | { readonly userId: UserId };

export type Revocation = Revoked & { readonly reason: RevocationReason };

/** What a live connection or a cached check rests on. */
export interface Rests {
  readonly userId: UserId;
  readonly sessionId?: SessionId | undefined;
  readonly apiKeyId?: ApiKeyId | undefined;
}

export const concerns = (revoked: Revoked, held: Rests): boolean =>
  'sessionId' in revoked
    ? revoked.sessionId === held.sessionId
    : 'apiKeyId' in revoked
      ? revoked.apiKeyId === held.apiKeyId
      : revoked.userId === held.userId;

export interface RevocationPage {
  readonly revocations: readonly Revocation[];
  /** Give this to the next call. */
  readonly cursor: string;
  /** False when the cursor is older than what is kept or of another incarnation: check every live session anew. */
  readonly complete: boolean;
}

/**
 * Tells whoever holds something live (sockets, cached checks) that it must end. Announce after the commit, never before:
 * who looks at the store on hearing of it must find it revoked.
 */
export interface Revocations {
  /** Subscribers of this process have heard of it when this returns; those of other nodes soon after. Never throws. */
  announce(revocation: Revocation): void;
  /** Each announcement once, in order. A listener that throws harms no other. Calling what is returned ends it; a second call does nothing. */
  subscribe(listener: (revocation: Revocation) => void): () => void;
  /** For those who poll: what was announced after the cursor, oldest first, at most 1,000 a page. Without a cursor: nothing yet, and the present cursor. */
  since(cursor?: string): Promise<RevocationPage>;
}
