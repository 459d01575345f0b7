import * as v from 'valibot';
import type { ListSessions } from '#app/application/identity/list-sessions.ts';
import { SessionRow, sessionRow } from '../protocol/identity-rows.ts';
import { nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const sessionList = (listSessions: ListSessions) =>
  command({
    type: 'session.list',
    summary: 'Your sessions with their devices, used last first.',
    access: 'user',
    limit: 'read',
    input: nothing,
    output: v.object({ sessions: v.array(SessionRow) }),
    http: { method: 'GET', path: '/v1/sessions' },
    run: async (_input, { userId, sessionId }) => ({
      sessions: (await listSessions.execute({ userId })).map((session) => sessionRow(session, sessionId)),
    }),
  });
