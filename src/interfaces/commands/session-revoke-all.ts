import * as v from 'valibot';
import type { EndSessions } from '#app/application/identity/end-sessions.ts';
import { nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const sessionRevokeAll = (endSessions: EndSessions) =>
  command({
    type: 'session.revoke_all',
    summary: 'Ends all your sessions, the one that asks included.',
    access: 'user',
    limit: 'write',
    input: nothing,
    output: v.object({ ended: v.number() }),
    http: { method: 'POST', path: '/v1/sessions/revoke-all' },
    sessionCookie: 'end',
    run: (_input, { userId }) => endSessions.execute({ userId, which: 'all', reason: 'revoked' }),
  });
