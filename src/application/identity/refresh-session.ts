import { badToken } from '#app/domain/identity/identity-refusals.ts';
import type { Sessions } from '../ports/sessions.ts';
import type { UseCase } from '../use-case.ts';
import type { SessionNews } from './session-news.ts';
import type { SessionTokens, SessionWithTokens } from './session-tokens.ts';

export interface RefreshSessionInput {
  readonly refreshToken: string;
}

/** How long a renewal whose answer was lost can be repeated. */
const GRACE_MS = 60_000;

/**
 * New tokens for the present refresh token, which is spent by it. A spent one ends the session, for a thief or the owner holds
 * a copy; unless it was spent a moment ago for an answer that nobody has made use of.
 */
export class RefreshSession implements UseCase<RefreshSessionInput, SessionWithTokens> {
  constructor(
    private readonly sessions: Sessions,
    private readonly tokens: SessionTokens,
    private readonly news: SessionNews,
  ) {}

  async execute({ refreshToken }: RefreshSessionInput): Promise<SessionWithTokens> {
    const { secret, next } = this.tokens.mint();
    const rotation = await this.sessions.rotate(this.tokens.hash(refreshToken), next, GRACE_MS);
    switch (rotation.outcome) {
      case 'rotated':
        return this.tokens.of(rotation.session, secret);
      case 'reused':
        if (rotation.ended) this.news.ended(rotation.userId, [rotation.sessionId], 'refresh_reused');
        throw badToken();
      case 'refused':
        throw badToken();
    }
  }
}
