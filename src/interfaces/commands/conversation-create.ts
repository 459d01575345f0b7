import * as v from 'valibot';
import type { CreateGroup } from '#app/application/chat/create-group.ts';
import { MAX_USERS_PER_COMMAND } from '#app/domain/chat/conversation.ts';
import { conversationId, title, userId } from '../protocol/primitives.ts';
import { ListedRow, listedRow } from '../protocol/rows.ts';
import { command } from './command.ts';

const expected = `at most ${MAX_USERS_PER_COMMAND} user ids`;

export const conversationCreate = (createGroup: CreateGroup) =>
  command({
    type: 'conversation.create',
    summary: 'Begins a group. The same id again by the same user answers the group that is there.',
    access: 'user',
    limit: 'write',
    input: v.object({
      /** Chosen by the client, so that a retry is one. */
      id: conversationId,
      title,
      users: v.optional(v.pipe(v.array(userId), v.maxLength(MAX_USERS_PER_COMMAND, expected)), []),
      /** Whether plain members may add others; no, when absent. */
      membersCanInvite: v.optional(v.boolean('a boolean'), false),
      /** Whether who joins later sees what was written before; yes, when absent. */
      historyVisible: v.optional(v.boolean('a boolean'), true),
    }),
    output: ListedRow,
    http: { method: 'POST', path: '/v1/conversations' },
    run: async (input, { userId }) => listedRow(await createGroup.execute({ ...input, userId })),
  });
