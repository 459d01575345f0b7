import * as v from 'valibot';
import type { LeaveConversation } from '#app/application/chat/leave-conversation.ts';
import { conversationId, nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const conversationLeave = (leaveConversation: LeaveConversation) =>
  command({
    type: 'conversation.leave',
    summary: 'Leaves a group. The last owner makes somebody else one first.',
    access: 'user',
    limit: 'write',
    lane: 'change',
    input: v.object({ conversationId }),
    output: nothing,
    http: { method: 'POST', path: '/v1/conversations/{conversationId}/leave' },
    run: async (input, { userId }) => {
      await leaveConversation.execute({ ...input, userId });
      return {};
    },
  });
