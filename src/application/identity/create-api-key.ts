import type { ApiKey, ApiKeyName } from '#app/domain/identity/api-key.ts';
import { needsSession } from '#app/domain/identity/identity-refusals.ts';
import { ApiKeyId, type SessionId, type UserId } from '#app/domain/shared/ids.ts';
import type { ApiKeys } from '../ports/api-keys.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Random } from '../ports/random.ts';
import type { Secrets } from '../ports/secrets.ts';
import type { UseCase } from '../use-case.ts';
import type { IdentityPolicy } from './policy.ts';

export interface CreateApiKeyInput {
  readonly userId: UserId;
  readonly sessionId: SessionId | undefined;
  readonly name: ApiKeyName;
  readonly ttlMs: number | undefined;
}

/** Only in a session: a leaked key must not be able to make itself heirs. */
export class CreateApiKey implements UseCase<CreateApiKeyInput, { readonly apiKey: ApiKey; readonly secret: string }> {
  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly secrets: Secrets,
    private readonly random: Random,
    private readonly events: EventBus,
    private readonly policy: Pick<IdentityPolicy, 'apiKeysPerUser'>,
  ) {}

  async execute({
    userId,
    sessionId,
    name,
    ttlMs,
  }: CreateApiKeyInput): Promise<{ readonly apiKey: ApiKey; readonly secret: string }> {
    if (sessionId === undefined) throw needsSession();
    const { secret, hash } = this.secrets.mint('tk_');
    const id = ApiKeyId(this.random.uuid());
    const apiKey = await this.apiKeys.add({ id, userId, name }, hash, ttlMs, this.policy.apiKeysPerUser);
    this.events.publish({ type: 'api_key.created', userId, apiKeyId: id });
    return { apiKey, secret };
  }
}
