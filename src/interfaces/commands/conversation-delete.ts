import * as v from 'valibot';
import type { DeleteConversation } from '#app/application/chat/delete-conversation.ts';
import { conversationId, nothing } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const conversationDelete = (deleteConversation: DeleteConversation) =>
  command({
    type: 'conversation.delete',
    summary: 'Ends a group for everybody, as its owner.',
    access: 'user',
    limit: 'write',
    lane: 'change',
    input: v.object({ conversationId }),
    output: nothing,
    http: { method: 'DELETE', path: '/v1/conversations/{conversationId}' },
    run: async (input, { userId }) => {
      await deleteConversation.execute({ ...input, userId });
      return {};
    },
  });
