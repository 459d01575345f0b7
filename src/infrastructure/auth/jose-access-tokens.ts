import { SignJWT } from 'jose';
import type { AccessToken, AccessTokens } from '#app/application/ports/access-tokens.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { SessionId, UserId } from '#app/domain/shared/ids.ts';
import { type SigningKey, signingKey } from './signing-keys.ts';

export interface AccessTokenOptions {
  readonly issuer: string;
  readonly audience: string;
  readonly ttlMs: number;
}

/** Signed with the present secret; tokens of the previous one are still taken (AccessTokenStrategy). */
export class JoseAccessTokens implements AccessTokens {
  readonly #signingKey: SigningKey;

  constructor(
    secret: string,
    private readonly options: AccessTokenOptions,
    private readonly clock: Clock,
  ) {
    this.#signingKey = signingKey(secret);
  }

  async issue(userId: UserId, sessionId: SessionId): Promise<AccessToken> {
    const { issuer, audience, ttlMs } = this.options;
    const { kid, key } = this.#signingKey;
    const issuedAt = Math.floor(this.clock.now() / 1_000);
    const expiresAt = issuedAt + Math.floor(ttlMs / 1_000);
    const token = await new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: 'HS256', typ: ACCESS_TOKEN_TYPE, kid })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(userId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(key);
    return { token, expiresAt: new Date(expiresAt * 1_000) };
  }
}

/** RFC 9068: tells an access token from every other JWT, whoever signed it with whatever key. */
export const ACCESS_TOKEN_TYPE = 'at+jwt';
