import type { ApiKey } from '#app/domain/identity/api-key.ts';
import type { ApiKeyId, UserId } from '#app/domain/shared/ids.ts';
import type { SecretHash } from './secrets.ts';

/** API keys, by their hashes. Expired and revoked ones, and those of disabled users, are found by nobody. */
export interface ApiKeys {
  /**
   * `ttlMs` is undefined for a key without an end.
   * @throws Refusal `conflict` when the user has `mostPerUser` live ones already, also through racing calls.
   */
  add(
    key: Pick<ApiKey, 'id' | 'userId' | 'name'>,
    hash: SecretHash,
    ttlMs: number | undefined,
    mostPerUser: number,
  ): Promise<ApiKey>;
  findByHash(hash: SecretHash): Promise<ApiKey | undefined>;
  /** Newest first. */
  list(userId: UserId): Promise<readonly ApiKey[]>;
  /** False when the user has no such live key. */
  revoke(userId: UserId, id: ApiKeyId): Promise<boolean>;
}
