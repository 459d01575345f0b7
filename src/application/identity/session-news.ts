import type { SessionEnd } from '#app/domain/identity/identity-events.ts';
import type { Session } from '#app/domain/identity/session.ts';
import type { SessionId, UserId } from '#app/domain/shared/ids.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Revocations } from '../ports/revocations.ts';

/** Tells what became of sessions, after the commit: to those who hold something live, then to listeners. */
export class SessionNews {
  constructor(
    private readonly revocations: Revocations,
    private readonly events: EventBus,
  ) {}

  opened(session: Session, newcomer: boolean): void {
    if (newcomer) this.events.publish({ type: 'user.registered', userId: session.userId, kind: session.kind });
    this.events.publish({ type: 'session.opened', session });
  }

  ended(userId: UserId, sessionIds: readonly SessionId[], reason: SessionEnd): void {
    for (const sessionId of sessionIds) this.revocations.announce({ sessionId, reason });
    for (const sessionId of sessionIds) this.events.publish({ type: 'session.ended', userId, sessionId, reason });
  }
}
