import { Refusal } from '#app/domain/shared/domain-error.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { Conversations } from '../ports/conversations.ts';

// A brake on abuse, not an invariant: two at once may pass it together.

export const demandRoomForOneMore = async (
  conversations: Conversations,
  userId: UserId,
  limit: number,
): Promise<void> => {
  if ((await conversations.full([userId], limit)).has(userId)) throw actorIsFull(limit);
};

export const actorIsFull = (limit: number) =>
  new Refusal('too_large', 'conversations_per_user', `you are in ${limit} conversations already`);

/** Nobody is pushed beyond it by others either. */
export const memberIsFull = (limit: number) =>
  new Refusal('too_large', 'conversations_per_member', 'one of them can be in no further conversation', {
    details: [{ path: 'users', expected: `users who are in fewer than ${limit} conversations` }],
  });
