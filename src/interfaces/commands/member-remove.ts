import * as v from 'valibot';
import type { RemoveMember } from '#app/application/chat/remove-member.ts';
import { conversationId, nothing, userId } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const memberRemove = (removeMember: RemoveMember) =>
  command({
    type: 'member.remove',
    summary: 'Removes a member from a group, as owner or admin; admins and owners only as owner.',
    access: 'user',
    limit: 'write',
    lane: 'change',
    input: v.object({ conversationId, userId }),
    output: nothing,
    http: { method: 'DELETE', path: '/v1/conversations/{conversationId}/members/{userId}' },
    // No origin: the reply does not tell all that the event does, so this connection gets both.
    run: async (input, { userId }) => {
      await removeMember.execute({
        conversationId: input.conversationId,
        memberId: input.userId,
        userId,
      });
      return {};
    },
  });
