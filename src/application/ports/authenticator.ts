import type { ApiKeyId, SessionId, UserId } from '#app/domain/shared/ids.ts';

/** How a caller proved who they are. `session` and `guest` rest on a session of ours, `outside` on a trusted issuer. */
export type IdentityKind = 'session' | 'guest' | 'outside' | 'api_key';

export interface Authenticated {
  readonly kind: IdentityKind;
  readonly userId: UserId;
  /** For `session` and `guest`. */
  readonly sessionId?: SessionId;
  /** For `api_key`. */
  readonly apiKeyId?: ApiKeyId;
  /** Epoch milliseconds after which the token is worth nothing; undefined for an API key without an end. */
  readonly expiresAt: number | undefined;
}

/**
 * From a bearer token to a person. One answer for every bad token, whatever is wrong with it.
 * The result holds at the moment the promise resolves: act on it (attach the socket, then listen to Revocations) without
 * awaiting anything in between, and nothing revoked slips through.
 * A token seen lately is answered without the database, yet a revocation announced in this process counts at once.
 *
 * @throws Refusal `unauthenticated` for any token that is not good now;
 *   `unavailable` when that can't be known at present (database or an issuer's keys out of reach).
 */
export interface Authenticator {
  authenticate(token: string): Promise<Authenticated>;
}
