import type { AccessToken, AccessTokens } from '../ports/access-tokens.ts';
import type { Secrets, SecretHash } from '../ports/secrets.ts';
import type { NextToken } from '../ports/sessions.ts';
import type { Session } from '#app/domain/identity/session.ts';

/** What a client holds of a session. The refresh token lives as long as the session. */
export interface SessionWithTokens {
  readonly session: Session;
  readonly access: AccessToken;
  readonly refreshToken: string;
}

export class SessionTokens {
  constructor(
    private readonly secrets: Secrets,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTtlMs: number,
  ) {}

  mint(): { readonly secret: string; readonly next: NextToken } {
    const { secret, hash } = this.secrets.mint('tr_');
    return { secret, next: { hash, ttlMs: this.refreshTtlMs } };
  }

  hash(refreshToken: string): SecretHash {
    return this.secrets.hash(refreshToken);
  }

  async of(session: Session, refreshToken: string): Promise<SessionWithTokens> {
    return { session, access: await this.accessTokens.issue(session.userId, session.id), refreshToken };
  }
}
