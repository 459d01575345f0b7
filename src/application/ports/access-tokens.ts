import type { SessionId, UserId } from '#app/domain/shared/ids.ts';

export interface AccessToken {
  readonly token: string;
  readonly expiresAt: Date;
}

/** Makes the short-lived tokens that the Authenticator of every node takes. */
export interface AccessTokens {
  issue(userId: UserId, sessionId: SessionId): Promise<AccessToken>;
}
