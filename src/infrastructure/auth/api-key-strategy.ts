import type { ApiKeys } from '#app/application/ports/api-keys.ts';
import type { Authenticated } from '#app/application/ports/authenticator.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { Secrets } from '#app/application/ports/secrets.ts';
import { badToken } from '#app/domain/identity/identity-refusals.ts';
import type { ApiKeyId, UserId } from '#app/domain/shared/ids.ts';
import type { LiveCache } from './live-cache.ts';
import type { TokenClaim, TokenStrategy } from './token-strategy.ts';

export interface LiveApiKey {
  readonly userId: UserId;
  readonly apiKeyId: ApiKeyId;
  readonly expiresAt: number | undefined;
}

export class ApiKeyStrategy implements TokenStrategy {
  constructor(
    private readonly apiKeys: ApiKeys,
    private readonly secrets: Secrets,
    private readonly live: LiveCache<LiveApiKey>,
    private readonly clock: Clock,
  ) {}

  recognises({ token, issuer }: TokenClaim): boolean {
    return issuer === undefined && token.startsWith('tk_');
  }

  async authenticate({ token }: TokenClaim): Promise<Authenticated> {
    const hash = this.secrets.hash(token);
    const key = await this.live.get(Buffer.from(hash).toString('base64url'), async () => {
      const found = await this.apiKeys.findByHash(hash);
      return found && { userId: found.userId, apiKeyId: found.id, expiresAt: found.expiresAt?.getTime() };
    });
    if (key === undefined || (key.expiresAt !== undefined && key.expiresAt <= this.clock.now())) throw badToken();
    return { kind: 'api_key', ...key };
  }
}
