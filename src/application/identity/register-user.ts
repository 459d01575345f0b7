import type { DeviceInfo } from '#app/domain/connection/device-info.ts';
import type { DisplayName } from '#app/domain/identity/display-name.ts';
import type { EmailAddress } from '#app/domain/identity/email-address.ts';
import type { Handle } from '#app/domain/identity/handle.ts';
import { switchedOff } from '#app/domain/identity/identity-refusals.ts';
import { type NewPassword, refuseOwnName } from '#app/domain/identity/password.ts';
import type { User } from '#app/domain/identity/user.ts';
import { UserId } from '#app/domain/shared/ids.ts';
import type { PasswordHasher } from '../ports/password-hasher.ts';
import type { Random } from '../ports/random.ts';
import type { Users } from '../ports/users.ts';
import type { UseCase } from '../use-case.ts';
import type { OpenSession } from './open-session.ts';
import type { IdentityPolicy } from './policy.ts';
import type { SessionWithTokens } from './session-tokens.ts';

export interface RegisterUserInput {
  readonly handle: Handle;
  readonly displayName: DisplayName;
  readonly email: EmailAddress | undefined;
  readonly password: NewPassword;
  readonly device: DeviceInfo | undefined;
}

/** A user and the session in which they begin. */
export interface Welcomed extends SessionWithTokens {
  readonly user: User;
}

export class RegisterUser implements UseCase<RegisterUserInput, Welcomed> {
  constructor(
    private readonly users: Users,
    private readonly hasher: PasswordHasher,
    private readonly openSession: OpenSession,
    private readonly random: Random,
    private readonly policy: Pick<IdentityPolicy, 'allowRegistration'>,
  ) {}

  async execute({ handle, displayName, email, password, device }: RegisterUserInput): Promise<Welcomed> {
    if (!this.policy.allowRegistration) throw switchedOff('registration');
    refuseOwnName(password, [handle, email]);
    const passwordHash = await this.hasher.hash(password);
    const user = await this.users.add({ id: UserId(this.random.uuid()), handle, displayName, email }, passwordHash);
    return { user, ...(await this.openSession.execute({ userId: user.id, kind: 'session', device, newcomer: true })) };
  }
}
