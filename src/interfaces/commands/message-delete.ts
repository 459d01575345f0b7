import * as v from 'valibot';
import type { DeleteMessage } from '#app/application/chat/delete-message.ts';
import { conversationId, messageId } from '../protocol/primitives.ts';
import { MessageRow, messageRow } from '../protocol/rows.ts';
import { command } from './command.ts';

export const messageDelete = (deleteMessage: DeleteMessage) =>
  command({
    type: 'message.delete',
    summary: 'Deletes a message for everybody: your own, or in a group any as owner or admin. A tombstone stays.',
    access: 'user',
    limit: 'write',
    lane: 'change',
    input: v.object({ conversationId, id: messageId }),
    output: v.object({ message: MessageRow }),
    http: { method: 'DELETE', path: '/v1/conversations/{conversationId}/messages/{id}' },
    run: async (input, { userId, connectionId }) => ({
      message: messageRow(await deleteMessage.execute({ ...input, userId, origin: connectionId })),
    }),
  });
