import * as v from 'valibot';
import type { AddMembers } from '#app/application/chat/add-members.ts';
import { MAX_USERS_PER_COMMAND } from '#app/domain/chat/conversation.ts';
import { conversationId, userId } from '../protocol/primitives.ts';
import { MemberRow, memberRow } from '../protocol/rows.ts';
import { command } from './command.ts';

const expected = `1 to ${MAX_USERS_PER_COMMAND} user ids`;

export const memberAdd = (addMembers: AddMembers) =>
  command({
    type: 'member.add',
    summary: 'Adds users to a group, all of them or none; answers those who were no members before.',
    access: 'user',
    limit: 'write',
    lane: 'change',
    input: v.object({
      conversationId,
      users: v.pipe(v.array(userId, expected), v.minLength(1, expected), v.maxLength(MAX_USERS_PER_COMMAND, expected)),
    }),
    output: v.object({ members: v.array(MemberRow) }),
    http: { method: 'POST', path: '/v1/conversations/{conversationId}/members' },
    // No origin: the reply does not tell all that the event does, so this connection gets both.
    run: async (input, { userId }) => ({
      members: (await addMembers.execute({ ...input, userId })).map(memberRow),
    }),
  });
