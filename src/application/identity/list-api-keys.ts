import type { ApiKey } from '#app/domain/identity/api-key.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { ApiKeys } from '../ports/api-keys.ts';
import type { UseCase } from '../use-case.ts';

export class ListApiKeys implements UseCase<{ readonly userId: UserId }, readonly ApiKey[]> {
  constructor(private readonly apiKeys: ApiKeys) {}

  execute({ userId }: { readonly userId: UserId }): Promise<readonly ApiKey[]> {
    return this.apiKeys.list(userId);
  }
}
