import * as v from 'valibot';
import type { EndSessions } from '#app/application/identity/end-sessions.ts';
import { nothing, sessionId } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const sessionRevoke = (endSessions: EndSessions) =>
  command({
    type: 'session.revoke',
    summary: 'Ends one of your sessions and closes its sockets.',
    access: 'user',
    limit: 'write',
    input: v.object({ sessionId }),
    output: nothing,
    http: { method: 'DELETE', path: '/v1/sessions/{sessionId}' },
    run: async (input, { userId }) => {
      await endSessions.execute({ userId, which: { only: input.sessionId }, reason: 'revoked' });
      return {};
    },
  });
