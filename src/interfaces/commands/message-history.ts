import * as v from 'valibot';
import type { ReadHistory } from '#app/application/chat/read-history.ts';
import { conversationId, pageLimit, seq } from '../protocol/primitives.ts';
import { MessageRow, messageRow } from '../protocol/rows.ts';
import { command } from './command.ts';

export const messageHistory = (readHistory: ReadHistory, page: number) =>
  command({
    type: 'message.history',
    summary: 'A window of the log by `seq`, ascending: below `before`, above `after`, or the newest.',
    access: 'user',
    limit: 'read',
    input: v.object({ conversationId, before: v.optional(seq), after: v.optional(seq), limit: pageLimit(page) }),
    output: v.object({
      messages: v.array(MessageRow),
      /** Whether there may be more in the direction that was asked for. */
      more: v.boolean(),
    }),
    http: { method: 'GET', path: '/v1/conversations/{conversationId}/messages' },
    run: async ({ limit, ...input }, { userId }) => {
      const messages = await readHistory.execute({ ...input, userId, limit });
      return { messages: messages.map(messageRow), more: messages.length === limit };
    },
  });
