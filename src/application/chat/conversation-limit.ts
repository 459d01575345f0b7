import { Refusal } from '#app/domain/shared/domain-error.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { Conversations } from '../ports/conversations.ts';

/** A brake on abuse, not an invariant: two at once may pass it together. */
export const demandRoomForOneMore = async (
  conversations: Conversations,
  userId: UserId,
  limit: number,
): Promise<void> => {
  if ((await conversations.countOf(userId)) >= limit)
    throw new Refusal('too_large', 'conversations_per_user', `you are in ${limit} conversations already`);
};
