import * as v from 'valibot';
import type { EndSessions } from '#app/application/identity/end-sessions.ts';
import { needsSession } from '#app/domain/identity/identity-refusals.ts';
import { nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const sessionRevokeOthers = (endSessions: EndSessions) =>
  command({
    type: 'session.revoke_others',
    summary: 'Ends all your sessions but the one that asks.',
    access: 'user',
    limit: 'write',
    input: nothing,
    output: v.object({ ended: v.number() }),
    http: { method: 'POST', path: '/v1/sessions/revoke-others' },
    run: async (_input, { userId, sessionId }) => {
      if (sessionId === undefined) throw needsSession();
      return endSessions.execute({ userId, which: { except: sessionId }, reason: 'revoked' });
    },
  });
