import { tooManyAttempts } from '#app/domain/identity/identity-refusals.ts';
import type { Password } from '#app/domain/identity/password.ts';
import type { Refusal } from '#app/domain/shared/domain-error.ts';
import type { Credential, Credentials } from '../ports/credentials.ts';
import type { LoginThrottle } from '../ports/login-throttle.ts';
import type { PasswordHasher } from '../ports/password-hasher.ts';

export interface PasswordClaim {
  /** Under which name attempts are counted. */
  readonly account: string;
  readonly address: string;
  readonly password: Password;
  readonly find: () => Promise<Credential | undefined>;
  readonly wrong: () => Refusal;
}

/** The one place where a password is tried: throttled, and equally slow whether the account exists or not. */
export class CheckPassword {
  constructor(
    private readonly credentials: Credentials,
    private readonly hasher: PasswordHasher,
    private readonly throttle: LoginThrottle,
  ) {}

  async execute({ account, address, password, find, wrong }: PasswordClaim): Promise<Credential> {
    const attempt = await this.throttle.attempt(account, address);
    if (!attempt.allowed) throw tooManyAttempts(attempt.retryAfterMs);
    let credential: Credential | undefined;
    let right: boolean;
    try {
      credential = await find();
      right = await this.hasher.verify(password, credential?.passwordHash);
    } catch (fault) {
      attempt.withdraw();
      throw fault;
    }
    if (credential === undefined || !right || credential.disabled) throw wrong();
    attempt.succeeded();
    return this.#rehashed(credential, password);
  }

  /** Parameters grow over the years; only now is the password at hand. Having no time for it must not fail the login. */
  async #rehashed(credential: Credential, password: Password): Promise<Credential> {
    const { userId, passwordHash } = credential;
    if (!this.hasher.outdated(passwordHash)) return credential;
    const next = await this.hasher.hash(password).catch(() => undefined);
    if (next === undefined || !(await this.credentials.rehash(userId, passwordHash, next))) return credential;
    return { ...credential, passwordHash: next };
  }
}
