import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { Conversations } from '../ports/conversations.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { UseCase } from '../use-case.ts';
import { announce } from './announce.ts';

export interface DeleteConversationInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
}

/** Ends a group for everybody; its rows stay as a tombstone that nobody can read. */
export class DeleteConversation implements UseCase<DeleteConversationInput, void> {
  constructor(
    private readonly conversations: Conversations,
    private readonly events: EventBus,
  ) {}

  async execute({ userId, conversationId }: DeleteConversationInput): Promise<void> {
    const changed = await this.conversations.change(
      conversationId,
      { actorId: userId },
      ({ conversation, actor, stamp }) => ({
        event: 'conversation.deleted',
        conversation: conversation.delete(actor, stamp),
      }),
    );
    if (changed) announce(this.events, changed);
  }
}
