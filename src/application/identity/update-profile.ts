import { changedProfile, type ProfileChange, type User } from '#app/domain/identity/user.ts';
import type { ConnectionId, UserId } from '#app/domain/shared/ids.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Users } from '../ports/users.ts';
import type { UseCase } from '../use-case.ts';

export interface UpdateProfileInput extends ProfileChange {
  readonly userId: UserId;
  readonly origin: ConnectionId | undefined;
}

export class UpdateProfile implements UseCase<UpdateProfileInput, User> {
  constructor(
    private readonly users: Users,
    private readonly events: EventBus,
  ) {}

  async execute({ userId, origin, ...change }: UpdateProfileInput): Promise<User> {
    const user = await this.users.change(userId, (present) => changedProfile(present, change));
    const { urev, handle, displayName } = user;
    this.events.publish({ type: 'profile.changed', userId, urev, handle, displayName, origin });
    return user;
  }
}
