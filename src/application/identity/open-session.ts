import type { NewSession } from '#app/domain/identity/session.ts';
import { SessionId } from '#app/domain/shared/ids.ts';
import type { Random } from '../ports/random.ts';
import type { Sessions } from '../ports/sessions.ts';
import type { SessionNews } from './session-news.ts';
import type { SessionTokens, SessionWithTokens } from './session-tokens.ts';

export interface OpenSessionInput extends Omit<NewSession, 'id'> {
  /** The account was made a moment ago. */
  readonly newcomer?: boolean;
}

/** The last step of every way in. The id is always new, whatever the client had before. */
export class OpenSession {
  constructor(
    private readonly sessions: Sessions,
    private readonly tokens: SessionTokens,
    private readonly news: SessionNews,
    private readonly random: Random,
    private readonly mostPerUser: number,
  ) {}

  async execute({ newcomer = false, ...input }: OpenSessionInput): Promise<SessionWithTokens> {
    const { secret, next } = this.tokens.mint();
    const id = SessionId(this.random.uuid());
    const { session, evicted } = await this.sessions.open({ ...input, id }, next, this.mostPerUser);
    this.news.ended(session.userId, evicted, 'too_many_sessions');
    this.news.opened(session, newcomer);
    return this.tokens.of(session, secret);
  }
}
