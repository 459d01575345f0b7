import { badToken } from '#app/domain/identity/identity-refusals.ts';
import type { Sessions } from '../ports/sessions.ts';
import type { UseCase } from '../use-case.ts';
import type { SessionNews } from './session-news.ts';
import type { SessionTokens, SessionWithTokens } from './session-tokens.ts';

export interface RefreshSessionInput {
  readonly refreshToken: string;
}

/** New tokens for the present refresh token, which is spent by it. A spent one ends the session: a thief or the owner holds a copy. */
export class RefreshSession implements UseCase<RefreshSessionInput, SessionWithTokens> {
  constructor(
    private readonly sessions: Sessions,
    private readonly tokens: SessionTokens,
    private readonly news: SessionNews,
  ) {}

  async execute({ refreshToken }: RefreshSessionInput): Promise<SessionWithTokens> {
    const { secret, next } = this.tokens.mint();
    const rotation = await this.sessions.rotate(this.tokens.hash(refreshToken), next);
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
