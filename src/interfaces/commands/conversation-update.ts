import * as v from 'valibot';
import type { UpdateConversation } from '#app/application/chat/update-conversation.ts';
import { conversationId, title } from '../protocol/primitives.ts';
import { ConversationRow, conversationRow } from '../protocol/rows.ts';
import { command } from './command.ts';

export const conversationUpdate = (updateConversation: UpdateConversation) =>
  command({
    type: 'conversation.update',
    summary: 'Changes a group’s title or policies, as owner or admin.',
    access: 'user',
    limit: 'write',
    lane: 'change',
    input: v.object({
      conversationId,
      title: v.optional(title),
      membersCanInvite: v.optional(v.boolean('a boolean')),
      historyVisible: v.optional(v.boolean('a boolean')),
    }),
    output: v.object({ conversation: ConversationRow }),
    http: { method: 'PATCH', path: '/v1/conversations/{conversationId}' },
    // No origin: the reply does not tell all that the event does, so this connection gets both.
    run: async (input, { userId }) => ({
      conversation: conversationRow(await updateConversation.execute({ ...input, userId })),
    }),
  });
