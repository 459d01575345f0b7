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

/**
 * Tells whoever holds something live (sockets, cached checks) that it must end. Announce after the commit, never before:
 * who looks at the store on hearing of it must find it revoked. Other nodes hear of it at most once, which is why they look
 * at the store as well (`Proofs`).
 */
export interface Revocations {
  /** Subscribers of this process have heard of it when this returns; those of other nodes soon after. Never throws. */
  announce(revocation: Revocation): void;
  /** In order. A listener that throws harms no other. Calling what is returned ends it; a second call does nothing. */
  subscribe(listener: (revocation: Revocation) => void): () => void;
  /** Called when announcements of other nodes may have been lost: look at the store. Each that was registered is called. */
  onLoss(look: () => void): void;
}
