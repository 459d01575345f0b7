import * as v from 'valibot';
import type { MarkRead } from '#app/application/chat/mark-read.ts';
import { conversationId, seq } from '../protocol/primitives.ts';
import { MembershipRow, membershipRow } from '../protocol/rows.ts';
import { command } from './command.ts';

export const conversationRead = (markRead: MarkRead) =>
  command({
    type: 'conversation.read',
    summary: 'You have read up to `readSeq`. Never goes back, and not past the last message.',
    access: 'user',
    limit: 'signal',
    input: v.object({ conversationId, readSeq: seq }),
    output: v.object({ membership: MembershipRow }),
    http: { method: 'PUT', path: '/v1/conversations/{conversationId}/read' },
    run: async ({ conversationId, readSeq }, { userId, connectionId }) => ({
      membership: membershipRow(await markRead.execute({ userId, conversationId, seq: readSeq, origin: connectionId })),
    }),
  });
