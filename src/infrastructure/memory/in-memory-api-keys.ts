import type { ApiKeys } from '#app/application/ports/api-keys.ts';
import type { SecretHash } from '#app/application/ports/secrets.ts';
import type { ApiKey } from '#app/domain/identity/api-key.ts';
import { tooManyApiKeys } from '#app/domain/identity/identity-refusals.ts';
import type { ApiKeyId, UserId } from '#app/domain/shared/ids.ts';
import { hex, type IdentityMemory, type StoredApiKey } from './identity-memory.ts';

export class InMemoryApiKeys implements ApiKeys {
  constructor(private readonly memory: IdentityMemory) {}

  async add(
    key: Pick<ApiKey, 'id' | 'userId' | 'name'>,
    hash: SecretHash,
    ttlMs: number | undefined,
    mostPerUser: number,
  ): Promise<ApiKey> {
    if (this.#live(key.userId).length >= mostPerUser) throw tooManyApiKeys();
    const expiresAt = ttlMs === undefined ? undefined : this.memory.after(ttlMs);
    const stored = { ...key, expiresAt, createdAt: this.memory.now(), hash: hex(hash), revoked: false };
    this.memory.apiKeys.set(key.id, stored);
    return shown(stored);
  }

  async findByHash(hash: SecretHash): Promise<ApiKey | undefined> {
    for (const key of this.memory.apiKeys.values())
      if (key.hash === hex(hash) && this.#isLive(key) && this.memory.enabled(key.userId)) return shown(key);
    return undefined;
  }

  async list(userId: UserId): Promise<readonly ApiKey[]> {
    return this.#live(userId).map(shown).reverse();
  }

  async revoke(userId: UserId, id: ApiKeyId): Promise<boolean> {
    const key = this.memory.apiKeys.get(id);
    if (key?.userId !== userId || !this.#isLive(key)) return false;
    this.memory.apiKeys.set(id, { ...key, revoked: true });
    return true;
  }

  #live(userId: UserId): readonly StoredApiKey[] {
    return [...this.memory.apiKeys.values()].filter((key) => key.userId === userId && this.#isLive(key));
  }

  #isLive({ revoked, expiresAt }: StoredApiKey): boolean {
    return !revoked && (expiresAt === undefined || expiresAt > this.memory.now());
  }
}

const shown = ({ id, userId, name, expiresAt, createdAt }: StoredApiKey): ApiKey => ({
  id,
  userId,
  name,
  expiresAt,
  createdAt,
});
