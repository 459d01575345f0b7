import * as v from 'valibot';
import type { ListApiKeys } from '#app/application/identity/list-api-keys.ts';
import { ApiKeyRow, apiKeyRow } from '../protocol/identity-rows.ts';
import { nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const apiKeyList = (listApiKeys: ListApiKeys) =>
  command({
    type: 'api_key.list',
    summary: 'Your API keys, newest first, without their secrets.',
    access: 'user',
    limit: 'read',
    input: nothing,
    output: v.object({ apiKeys: v.array(ApiKeyRow) }),
    http: { method: 'GET', path: '/v1/api-keys' },
    run: async (_input, { userId }) => ({ apiKeys: (await listApiKeys.execute({ userId })).map(apiKeyRow) }),
  });
