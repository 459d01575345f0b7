import * as v from 'valibot';
import type { CreateApiKey } from '#app/application/identity/create-api-key.ts';
import { apiKeyName } from '../protocol/identity-primitives.ts';
import { ApiKeyRow, apiKeyRow } from '../protocol/identity-rows.ts';
import { integer } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const apiKeyCreate = (createApiKey: CreateApiKey) =>
  command({
    type: 'api_key.create',
    summary: 'Makes a key with which a program acts as you; it is shown this once.',
    access: 'user',
    limit: 'write',
    /** Lives until it is revoked unless `ttlSeconds` says how long. */
    input: v.object({ name: apiKeyName, ttlSeconds: v.optional(integer(60, 10 * 365 * 86_400)) }),
    output: v.object({ apiKey: ApiKeyRow, secret: v.string() }),
    http: { method: 'POST', path: '/v1/api-keys' },
    run: async ({ name, ttlSeconds }, { userId, sessionId }) => {
      const ttlMs = ttlSeconds === undefined ? undefined : ttlSeconds * 1_000;
      const { apiKey, secret } = await createApiKey.execute({ userId, sessionId, name, ttlMs });
      return { apiKey: apiKeyRow(apiKey), secret };
    },
  });
