import type { SessionEnd } from '#app/domain/identity/identity-events.ts';
import { sessionNotFound } from '#app/domain/identity/identity-refusals.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { Sessions, WhichSessions } from '../ports/sessions.ts';
import type { UseCase } from '../use-case.ts';
import type { SessionNews } from './session-news.ts';

export interface EndSessionsInput {
  readonly userId: UserId;
  readonly which: WhichSessions;
  readonly reason: Extract<SessionEnd, 'logged_out' | 'revoked'>;
}

/** Logging out, one or many: their tokens are worth nothing from now on, and their sockets are closed. */
export class EndSessions implements UseCase<EndSessionsInput, { readonly ended: number }> {
  constructor(
    private readonly sessions: Sessions,
    private readonly news: SessionNews,
  ) {}

  async execute({ userId, which, reason }: EndSessionsInput): Promise<{ readonly ended: number }> {
    const ended = await this.sessions.revoke(userId, which, reason);
    if (which !== 'all' && 'only' in which && ended.length === 0) throw sessionNotFound();
    this.news.ended(userId, ended, reason);
    return { ended: ended.length };
  }
}
