import type { Users } from '#app/application/ports/users.ts';
import type { Handle } from '#app/domain/identity/handle.ts';
import { userNotFound } from '#app/domain/identity/identity-refusals.ts';
import type { NewUser, PublicProfile, User } from '#app/domain/identity/user.ts';
import { Urev } from '#app/domain/shared/counters.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { IdentityMemory } from './identity-memory.ts';

export class InMemoryUsers implements Users {
  constructor(private readonly memory: IdentityMemory) {}

  async add(user: NewUser, passwordHash?: string): Promise<User> {
    return this.#add(user, passwordHash);
  }

  async find(id: UserId): Promise<User | undefined> {
    return this.memory.users.get(id);
  }

  async findByHandle(handle: Handle): Promise<PublicProfile | undefined> {
    const user = [...this.memory.users.values()].find((one) => one.handle === handle && !one.disabled);
    return user && profileOf(user);
  }

  async profiles(ids: readonly UserId[]): Promise<readonly PublicProfile[]> {
    return [...new Set(ids)].flatMap((userId) => {
      const user = this.memory.users.get(userId);
      return user === undefined ? [] : [profileOf(user)];
    });
  }

  async change(id: UserId, change: (user: User) => User): Promise<User> {
    const user = this.memory.users.get(id);
    if (user === undefined) throw userNotFound();
    const { handle, displayName, lastSeenVisible, disabled } = change(user);
    this.memory.refuseTaken(handle, id);
    const changed = { ...user, handle, displayName, lastSeenVisible, disabled, urev: Urev(user.urev + 1) };
    this.memory.users.set(id, changed);
    return changed;
  }

  async ofSubject(issuer: string, subject: string, make: () => NewUser): Promise<Pick<User, 'id' | 'disabled'>> {
    const key = JSON.stringify([issuer, subject]);
    const known = this.memory.users.get(this.memory.subjects.get(key) ?? ('' as UserId));
    if (known !== undefined) return { id: known.id, disabled: known.disabled };
    const user = this.#add(make());
    this.memory.subjects.set(key, user.id);
    return { id: user.id, disabled: false };
  }

  #add(user: NewUser, passwordHash?: string): User {
    this.memory.refuseTaken(user.handle, user.id);
    const began = { emailConfirmed: false, disabled: false, lastSeenVisible: true };
    const stored = { ...user, ...began, urev: Urev(0), createdAt: this.memory.now() };
    this.memory.users.set(user.id, stored);
    if (passwordHash !== undefined) this.memory.passwordHashes.set(user.id, passwordHash);
    return stored;
  }
}

const profileOf = ({ id, handle, displayName }: User): PublicProfile => ({ id, handle, displayName });
