import { needsSession, wrongPassword } from '#app/domain/identity/identity-refusals.ts';
import type { NewPassword, Password } from '#app/domain/identity/password.ts';
import { invalid } from '#app/domain/shared/domain-error.ts';
import type { SessionId, UserId } from '#app/domain/shared/ids.ts';
import type { Credentials } from '../ports/credentials.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { PasswordHasher } from '../ports/password-hasher.ts';
import type { UseCase } from '../use-case.ts';
import type { CheckPassword } from './check-password.ts';
import type { SessionNews } from './session-news.ts';

export interface ChangePasswordInput {
  readonly userId: UserId;
  readonly sessionId: SessionId | undefined;
  readonly address: string;
  readonly current: Password;
  readonly next: NewPassword;
}

/** Ends every other session, for one of them may be why the password is changed. */
export class ChangePassword implements UseCase<ChangePasswordInput, { readonly ended: number }> {
  constructor(
    private readonly credentials: Credentials,
    private readonly checkPassword: CheckPassword,
    private readonly hasher: PasswordHasher,
    private readonly news: SessionNews,
    private readonly events: EventBus,
  ) {}

  async execute({
    userId,
    sessionId,
    address,
    current,
    next,
  }: ChangePasswordInput): Promise<{ readonly ended: number }> {
    if (sessionId === undefined) throw needsSession();
    if (next === current) throw invalid('newPassword', 'a password other than the present one');
    const find = () => this.credentials.find(userId);
    const { passwordHash } = await this.checkPassword.execute({
      account: userId,
      address,
      password: current,
      find,
      wrong: wrongPassword,
    });
    const nextHash = await this.hasher.hash(next);
    const ended = await this.credentials.change(userId, passwordHash, nextHash, sessionId);
    this.news.ended(userId, ended, 'password_changed');
    this.events.publish({ type: 'password.changed', userId });
    return { ended: ended.length };
  }
}
