import * as v from 'valibot';
import type { OpenPrivate } from '#app/application/chat/open-private.ts';
import { userId } from '../protocol/primitives.ts';
import { ListedRow, listedRow } from '../protocol/rows.ts';
import { command } from './command.ts';

export const conversationOpenPrivate = (openPrivate: OpenPrivate) =>
  command({
    type: 'conversation.open_private',
    summary: 'Finds your private conversation with another user, or begins it.',
    access: 'user',
    limit: 'write',
    input: v.object({ userId }),
    output: ListedRow,
    http: { method: 'PUT', path: '/v1/users/{userId}/conversation' },
    run: async (input, caller) =>
      listedRow(await openPrivate.execute({ userId: caller.userId, otherId: input.userId })),
  });
