import { apiKeyNotFound } from '#app/domain/identity/identity-refusals.ts';
import type { ApiKeyId, UserId } from '#app/domain/shared/ids.ts';
import type { ApiKeys } from '../ports/api-keys.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Revocations } from '../ports/revocations.ts';
import type { UseCase } from '../use-case.ts';

export interface RevokeApiKeyInput {
  readonly userId: UserId;
  readonly apiKeyId: ApiKeyId;
}

export class RevokeApiKey implements UseCase<RevokeApiKeyInput, void> {
  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly revocations: Revocations,
    private readonly events: EventBus,
  ) {}

  async execute({ userId, apiKeyId }: RevokeApiKeyInput): Promise<void> {
    if (!(await this.apiKeys.revoke(userId, apiKeyId))) throw apiKeyNotFound();
    this.revocations.announce({ apiKeyId, reason: 'revoked' });
    this.events.publish({ type: 'api_key.revoked', userId, apiKeyId });
  }
}
