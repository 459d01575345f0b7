import type { Handle } from '#app/domain/identity/handle.ts';
import type { NewUser, PublicProfile, User } from '#app/domain/identity/user.ts';
import type { UserId } from '#app/domain/shared/ids.ts';

export interface Users {
  /**
   * Stores a new account, with its password if it has one: both or neither. Times are the store's.
   * @throws Refusal `conflict` when the handle is taken, also by a racing call. A mail address is never in the way.
   */
  add(user: NewUser, passwordHash?: string): Promise<User>;

  find(id: UserId): Promise<User | undefined>;

  /** Undefined when nobody has it, or a disabled user. */
  findByHandle(handle: Handle): Promise<PublicProfile | undefined>;

  /** Of those that exist, in no order; disabled users too, for history shows names. */
  profiles(ids: readonly UserId[]): Promise<readonly PublicProfile[]>;

  /**
   * Read-modify-write, serialised per user; `urev` grows by one. Only handle, display name,
   * `lastSeenVisible` and `disabled` are taken from the result.
   * @throws Refusal `not_found`; `conflict` when the new handle is taken; what `change` throws, and then nothing was changed.
   */
  change(id: UserId, change: (user: User) => User): Promise<User>;

  /** The account to which a trusted issuer's subject belongs; `make` gives the new account on first use. Racing calls get the same one. */
  ofSubject(issuer: string, subject: string, make: () => NewUser): Promise<Pick<User, 'id' | 'disabled'>>;
}
