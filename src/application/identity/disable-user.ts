import type { UserId } from '#app/domain/shared/ids.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Revocations } from '../ports/revocations.ts';
import type { Sessions } from '../ports/sessions.ts';
import type { Users } from '../ports/users.ts';
import type { UseCase } from '../use-case.ts';

/** Shuts an account: no way in, and whatever is open (sessions, API keys, tokens from outside) ends. For operators. */
export class DisableUser implements UseCase<{ readonly userId: UserId }, void> {
  constructor(
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly revocations: Revocations,
    private readonly events: EventBus,
  ) {}

  async execute({ userId }: { readonly userId: UserId }): Promise<void> {
    await this.users.change(userId, (user) => ({ ...user, disabled: true }));
    // Dead already, for their user is; revoked too, so that they stay dead if the account is opened again.
    await this.sessions.revoke(userId, 'all', 'user_disabled');
    this.revocations.announce({ userId, reason: 'user_disabled' });
    this.events.publish({ type: 'user.disabled', userId });
  }
}
