import type { Brand } from '../shared/brand.ts';
import { invalid } from '../shared/domain-error.ts';
import type { ApiKeyId, UserId } from '../shared/ids.ts';

/** A secret with which a program acts as its user, without a session. */
export interface ApiKey {
  readonly id: ApiKeyId;
  readonly userId: UserId;
  readonly name: ApiKeyName;
  /** Undefined for one that lives until it is revoked. */
  readonly expiresAt: Date | undefined;
  readonly createdAt: Date;
}

/** What its owner calls it; 1 to 64 code points. */
export type ApiKeyName = Brand<string, 'ApiKeyName'>;
export const ApiKeyName = (text: string): ApiKeyName => {
  const name = text.length <= 128 && text.isWellFormed() ? text.trim() : '';
  if (name === '' || Array.from(name).length > 64 || /\p{Cc}/u.test(name))
    throw invalid('', '1 to 64 characters without controls');
  return name as ApiKeyName;
};
