import type { EndSessions } from '#app/application/identity/end-sessions.ts';
import { needsSession } from '#app/domain/identity/identity-refusals.ts';
import { nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const sessionLogout = (endSessions: EndSessions) =>
  command({
    type: 'session.logout',
    summary: 'Ends the session that asks; its tokens are worth nothing from now on, and its sockets are closed.',
    access: 'user',
    limit: 'write',
    input: nothing,
    output: nothing,
    http: { method: 'POST', path: '/v1/session/logout' },
    sessionCookie: 'end',
    run: async (_input, { userId, sessionId }) => {
      if (sessionId === undefined) throw needsSession();
      await endSessions.execute({ userId, which: { only: sessionId }, reason: 'logged_out' });
      return {};
    },
  });
