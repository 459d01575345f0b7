import type { Session } from '#app/domain/identity/session.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { Sessions } from '../ports/sessions.ts';
import type { UseCase } from '../use-case.ts';

export class ListSessions implements UseCase<{ readonly userId: UserId }, readonly Session[]> {
  constructor(private readonly sessions: Sessions) {}

  execute({ userId }: { readonly userId: UserId }): Promise<readonly Session[]> {
    return this.sessions.list(userId);
  }
}
