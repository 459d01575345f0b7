import type { PublicProfile } from '#app/domain/identity/user.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { Users } from '../ports/users.ts';
import type { UseCase } from '../use-case.ts';

/** Names for ids; those that don't exist are missing from the answer. */
export class ShowProfiles implements UseCase<{ readonly ids: readonly UserId[] }, readonly PublicProfile[]> {
  constructor(private readonly users: Users) {}

  execute({ ids }: { readonly ids: readonly UserId[] }): Promise<readonly PublicProfile[]> {
    return this.users.profiles([...new Set(ids)]);
  }
}
