import * as v from 'valibot';
import type { ChangeRole } from '#app/application/chat/change-role.ts';
import { Role } from '#app/domain/chat/participant.ts';
import { conversationId, userId } from '../protocol/primitives.ts';
import { MemberRow, memberRow } from '../protocol/rows.ts';
import { command } from './command.ts';

export const memberSetRole = (changeRole: ChangeRole) =>
  command({
    type: 'member.set_role',
    summary: 'Gives a member another role, as owner. A group keeps at least one owner.',
    access: 'user',
    limit: 'write',
    lane: 'change',
    input: v.object({ conversationId, userId, role: v.picklist(Object.values(Role), 'owner, admin or member') }),
    output: v.object({ member: MemberRow }),
    http: { method: 'PATCH', path: '/v1/conversations/{conversationId}/members/{userId}' },
    // No origin: the reply does not tell all that the event does, so this connection gets both.
    run: async ({ conversationId, role, userId: memberId }, { userId }) => ({
      member: memberRow(await changeRole.execute({ conversationId, role, memberId, userId })),
    }),
  });
