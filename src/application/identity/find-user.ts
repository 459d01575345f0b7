import type { Handle } from '#app/domain/identity/handle.ts';
import { userNotFound } from '#app/domain/identity/identity-refusals.ts';
import type { PublicProfile } from '#app/domain/identity/user.ts';
import type { Users } from '../ports/users.ts';
import type { UseCase } from '../use-case.ts';

/** Whom a handle belongs to: the whole handle, for parts of it would list who is here. */
export class FindUser implements UseCase<{ readonly handle: Handle }, PublicProfile> {
  constructor(private readonly users: Pick<Users, 'findByHandle'>) {}

  async execute({ handle }: { readonly handle: Handle }): Promise<PublicProfile> {
    const user = await this.users.findByHandle(handle);
    if (user === undefined) throw userNotFound();
    return user;
  }
}
