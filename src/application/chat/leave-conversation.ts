import { Message } from '#app/domain/chat/message.ts';
import { MessageId, type ConversationId, type UserId } from '#app/domain/shared/ids.ts';
import type { Conversations } from '../ports/conversations.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Random } from '../ports/random.ts';
import type { UseCase } from '../use-case.ts';
import { announce } from './announce.ts';

export interface LeaveConversationInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
}

export class LeaveConversation implements UseCase<LeaveConversationInput, void> {
  constructor(
    private readonly conversations: Conversations,
    private readonly events: EventBus,
    private readonly random: Random,
  ) {}

  async execute({ userId, conversationId }: LeaveConversationInput): Promise<void> {
    const changed = await this.conversations.change(
      conversationId,
      { actorId: userId },
      ({ conversation, actor, owners, stamp }) => {
        const left = conversation.leave(actor, owners, stamp.rev);
        const message = Message.notice(
          actor,
          MessageId(this.random.uuid()),
          { event: 'member.left', user: userId },
          stamp,
        );
        return { event: 'member.left', members: [left], message };
      },
    );
    if (changed) announce(this.events, changed);
  }
}
