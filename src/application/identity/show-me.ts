import { userNotFound } from '#app/domain/identity/identity-refusals.ts';
import type { User } from '#app/domain/identity/user.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { Users } from '../ports/users.ts';
import type { UseCase } from '../use-case.ts';

export class ShowMe implements UseCase<{ readonly userId: UserId }, User> {
  constructor(private readonly users: Users) {}

  async execute({ userId }: { readonly userId: UserId }): Promise<User> {
    const user = await this.users.find(userId);
    if (user === undefined) throw userNotFound();
    return user;
  }
}
