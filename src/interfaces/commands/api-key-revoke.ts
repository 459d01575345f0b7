import * as v from 'valibot';
import type { RevokeApiKey } from '#app/application/identity/revoke-api-key.ts';
import { apiKeyId } from '../protocol/identity-primitives.ts';
import { nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const apiKeyRevoke = (revokeApiKey: RevokeApiKey) =>
  command({
    type: 'api_key.revoke',
    summary: 'Ends one of your API keys and closes its sockets.',
    access: 'user',
    limit: 'write',
    input: v.object({ apiKeyId }),
    output: nothing,
    http: { method: 'DELETE', path: '/v1/api-keys/{apiKeyId}' },
    run: async (input, { userId }) => {
      await revokeApiKey.execute({ userId, apiKeyId: input.apiKeyId });
      return {};
    },
  });
