import type { Credential, Credentials } from '#app/application/ports/credentials.ts';
import type { EmailAddress } from '#app/domain/identity/email-address.ts';
import type { Handle } from '#app/domain/identity/handle.ts';
import { passwordChangedMeanwhile } from '#app/domain/identity/identity-refusals.ts';
import type { SessionId, UserId } from '#app/domain/shared/ids.ts';
import type { IdentityMemory } from './identity-memory.ts';

export class InMemoryCredentials implements Credentials {
  constructor(private readonly memory: IdentityMemory) {}

  async findByLogin(login: Handle | EmailAddress): Promise<Credential | undefined> {
    for (const user of this.memory.users.values())
      if (user.handle === login || (user.emailConfirmed && user.email === login)) return this.#of(user.id);
    return undefined;
  }

  async find(userId: UserId): Promise<Credential | undefined> {
    return this.#of(userId);
  }

  async rehash(userId: UserId, present: string, next: string): Promise<boolean> {
    if (this.memory.passwordHashes.get(userId) !== present) return false;
    this.memory.passwordHashes.set(userId, next);
    return true;
  }

  async change(
    userId: UserId,
    present: string,
    next: string,
    keep: SessionId | undefined,
  ): Promise<readonly SessionId[]> {
    if (this.memory.passwordHashes.get(userId) !== present) throw passwordChangedMeanwhile();
    this.memory.passwordHashes.set(userId, next);
    const others = [...this.memory.sessions.values()].filter(
      (session) => session.userId === userId && session.id !== keep,
    );
    return this.memory.end(others, 'password_changed');
  }

  #of(userId: UserId): Credential | undefined {
    const passwordHash = this.memory.passwordHashes.get(userId);
    return passwordHash === undefined ? undefined : { userId, passwordHash, disabled: !this.memory.enabled(userId) };
  }
}
