import * as v from 'valibot';
import type { GetConversation } from '#app/application/chat/get-conversation.ts';
import { conversationId } from '../protocol/primitives.ts';
import { ListedRow, listedRow } from '../protocol/rows.ts';
import { command } from './command.ts';

export const conversationGet = (getConversation: GetConversation) =>
  command({
    type: 'conversation.get',
    summary: 'One line of your list.',
    access: 'user',
    limit: 'read',
    input: v.object({ conversationId }),
    output: ListedRow,
    http: { method: 'GET', path: '/v1/conversations/{conversationId}' },
    run: async (input, { userId }) => listedRow(await getConversation.execute({ ...input, userId })),
  });
