import * as v from 'valibot';
import type { ListConversations } from '#app/application/chat/list-conversations.ts';
import { invalid } from '#app/domain/shared/domain-error.ts';
import { ConversationId } from '#app/domain/shared/ids.ts';
import type { ListCursor } from '#app/application/ports/conversation-reader.ts';
import { fromText, pageLimit } from '../protocol/primitives.ts';
import { ListedRow, listedRow } from '../protocol/rows.ts';
import { command } from './command.ts';

/** Opaque to clients: the activity and id of the last line. */
const cursor = (text: string): ListCursor => {
  const [at = '', id = ''] = text.split('_', 2);
  if (!/^\d{1,15}$/.test(at)) throw invalid('', 'the `next` of the last page');
  return { activeAt: new Date(Number(at)), id: ConversationId(id) };
};

export const conversationList = (listConversations: ListConversations, page: number) =>
  command({
    type: 'conversation.list',
    summary: 'Your conversations, the latest activity first, each with its last message and what you have not read.',
    access: 'user',
    limit: 'read',
    input: v.object({
      limit: pageLimit(page),
      /** The `next` of the last page. */
      after: v.optional(fromText(cursor, { description: 'the `next` of the last page' })),
      /** Whether archived ones are listed too. */
      archived: v.optional(v.boolean('a boolean'), false),
    }),
    output: v.object({ conversations: v.array(ListedRow), next: v.optional(v.string()) }),
    http: { method: 'GET', path: '/v1/conversations' },
    run: async (input, { userId }) => {
      const listed = await listConversations.execute({ ...input, userId });
      const last = listed.length === input.limit ? listed.at(-1) : undefined;
      const next = last && `${last.activeAt.getTime()}_${last.conversation.id}`;
      return { conversations: listed.map(listedRow), ...(next && { next }) };
    },
  });
