import type { DeviceInfo } from '#app/domain/connection/device-info.ts';
import type { DisplayName } from '#app/domain/identity/display-name.ts';
import { switchedOff } from '#app/domain/identity/identity-refusals.ts';
import { UserId } from '#app/domain/shared/ids.ts';
import type { Random } from '../ports/random.ts';
import type { Users } from '../ports/users.ts';
import type { UseCase } from '../use-case.ts';
import type { OpenSession } from './open-session.ts';
import type { IdentityPolicy } from './policy.ts';
import type { Welcomed } from './register-user.ts';

export interface EnterAsGuestInput {
  readonly displayName: DisplayName;
  readonly device: DeviceInfo | undefined;
}

/** A user without handle and password: who loses the session's tokens has lost the account. */
export class EnterAsGuest implements UseCase<EnterAsGuestInput, Welcomed> {
  constructor(
    private readonly users: Users,
    private readonly openSession: OpenSession,
    private readonly random: Random,
    private readonly policy: Pick<IdentityPolicy, 'allowGuests'>,
  ) {}

  async execute({ displayName, device }: EnterAsGuestInput): Promise<Welcomed> {
    if (!this.policy.allowGuests) throw switchedOff('guests');
    const id = UserId(this.random.uuid());
    const user = await this.users.add({ id, handle: undefined, displayName, email: undefined });
    return { user, ...(await this.openSession.execute({ userId: user.id, kind: 'guest', device, newcomer: true })) };
  }
}
