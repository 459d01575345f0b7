import * as v from 'valibot';
import type { EditMessage } from '#app/application/chat/edit-message.ts';
import { conversationId, messageId, messageText, rev } from '../protocol/primitives.ts';
import { MessageRow, messageRow } from '../protocol/rows.ts';
import { command } from './command.ts';

export const messageEdit = (editMessage: EditMessage) =>
  command({
    type: 'message.edit',
    summary: 'Gives your own message other words.',
    access: 'user',
    limit: 'write',
    lane: 'change',
    input: v.object({
      conversationId,
      id: messageId,
      content: messageText,
      /** What you believe is the message's `rev`; if it is not, the answer is `conflict`. */
      knownRev: v.optional(rev),
    }),
    output: v.object({ message: MessageRow }),
    http: { method: 'PATCH', path: '/v1/conversations/{conversationId}/messages/{id}' },
    run: async (input, { userId, connectionId }) => ({
      message: messageRow(await editMessage.execute({ ...input, userId, origin: connectionId })),
    }),
  });
