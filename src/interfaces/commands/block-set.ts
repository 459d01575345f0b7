import * as v from 'valibot';
import type { BlockUser } from '#app/application/chat/block-user.ts';
import { nothing, userId } from '../protocol/primitives.ts';
import { command } from './command.ts';

export const blockSet = (blockUser: BlockUser) =>
  command({
    type: 'block.set',
    summary:
      'Blocks a user, or lifts the block: no private messages either way, and neither adds the other to a group.',
    access: 'user',
    limit: 'write',
    input: v.object({ userId, blocked: v.boolean('a boolean') }),
    output: nothing,
    http: { method: 'PUT', path: '/v1/blocks/{userId}' },
    // No origin: the reply does not tell all that the event does, so this connection gets both.
    run: async (input, { userId }) => {
      await blockUser.execute({ userId, blockedId: input.userId, blocked: input.blocked });
      return {};
    },
  });
