import type { ConversationEvent } from '#app/domain/chat/chat-events.ts';
import type { ConversationState } from '#app/domain/chat/conversation.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { Stamp } from '#app/domain/chat/stamp.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { Change } from '../ports/conversations.ts';

/**
 * What a change that was stored amounts to; the same for whichever adapter stored it.
 * @param conversation as it is after the change
 * @param members the rows that it touched
 */
export const conversationEvent = (
  change: Change,
  conversation: ConversationState,
  members: readonly ParticipantState[],
  actorId: UserId,
  { rev, at }: Stamp,
): ConversationEvent =>
  ({
    type: change.event,
    conversationId: conversation.id,
    rev,
    at,
    actorId,
    ...(change.event.startsWith('conversation.') && { conversation }),
    ...(members.length > 0 && { members }),
    ...(change.message && { message: change.message.state }),
  }) as ConversationEvent; // whoever decides gives what its event needs
