import type { DeviceInfo } from '#app/domain/connection/device-info.ts';
import type { EmailAddress } from '#app/domain/identity/email-address.ts';
import type { Handle } from '#app/domain/identity/handle.ts';
import { badLogin } from '#app/domain/identity/identity-refusals.ts';
import type { Password } from '#app/domain/identity/password.ts';
import type { Credentials } from '../ports/credentials.ts';
import type { Users } from '../ports/users.ts';
import type { UseCase } from '../use-case.ts';
import type { CheckPassword } from './check-password.ts';
import type { OpenSession } from './open-session.ts';
import type { Welcomed } from './register-user.ts';

export interface LogInInput {
  readonly login: Handle | EmailAddress;
  readonly password: Password;
  readonly address: string;
  readonly device: DeviceInfo | undefined;
}

export class LogIn implements UseCase<LogInInput, Welcomed> {
  constructor(
    private readonly credentials: Credentials,
    private readonly checkPassword: CheckPassword,
    private readonly users: Users,
    private readonly openSession: OpenSession,
  ) {}

  async execute({ login, password, address, device }: LogInInput): Promise<Welcomed> {
    const find = () => this.credentials.findByLogin(login);
    const { userId } = await this.checkPassword.execute({ account: login, address, password, find, wrong: badLogin });
    const user = await this.users.find(userId);
    if (user === undefined) throw badLogin();
    return { user, ...(await this.openSession.execute({ userId, kind: 'session', device })) };
  }
}
