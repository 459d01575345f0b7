import * as v from 'valibot';
import type { RefreshSession } from '#app/application/identity/refresh-session.ts';
import { refreshToken } from '../protocol/identity-primitives.ts';
import { TokensRow, tokensRow } from '../protocol/identity-rows.ts';
import { command } from './command.ts';

export const sessionRefresh = (refreshSession: RefreshSession) =>
  command({
    type: 'session.refresh',
    summary:
      'Exchanges a refresh token, which works once, for new tokens; a spent one ends its session, unless the answer was lost a moment ago.',
    access: 'anyone',
    limit: 'refresh',
    input: v.object({ refreshToken }),
    output: TokensRow,
    http: { method: 'POST', path: '/v1/session/refresh' },
    sessionCookie: 'renew',
    run: async (input) => tokensRow(await refreshSession.execute(input)),
  });
