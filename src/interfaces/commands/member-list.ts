import * as v from 'valibot';
import type { ListMembers } from '#app/application/chat/list-members.ts';
import { conversationId, pageLimit, userId } from '../protocol/primitives.ts';
import { MemberRow, memberRow } from '../protocol/rows.ts';
import { command } from './command.ts';

export const memberList = (listMembers: ListMembers, page: number) =>
  command({
    type: 'member.list',
    summary: 'The members of now, by user id.',
    access: 'user',
    limit: 'read',
    input: v.object({ conversationId, limit: pageLimit(page), after: v.optional(userId) }),
    output: v.object({ members: v.array(MemberRow), more: v.boolean() }),
    http: { method: 'GET', path: '/v1/conversations/{conversationId}/members' },
    run: async (input, { userId }) => {
      const members = await listMembers.execute({ ...input, userId });
      return { members: members.map(memberRow), more: members.length === input.limit };
    },
  });
