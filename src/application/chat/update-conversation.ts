import type { ConversationState, Policies } from '#app/domain/chat/conversation.ts';
import type { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import { Message } from '#app/domain/chat/message.ts';
import { MessageId, type ConnectionId, type ConversationId, type UserId } from '#app/domain/shared/ids.ts';
import type { Conversations } from '../ports/conversations.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Random } from '../ports/random.ts';
import type { UseCase } from '../use-case.ts';
import { announce } from './announce.ts';

export interface UpdateConversationInput extends Partial<{ [P in keyof Policies]: boolean | undefined }> {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly title?: ConversationTitle | undefined;
  readonly origin?: ConnectionId | undefined;
}

/** Title and policies of a group. A new title leaves an entry in the log; what is the same already changes nothing. */
export class UpdateConversation implements UseCase<UpdateConversationInput, ConversationState> {
  constructor(
    private readonly conversations: Conversations,
    private readonly events: EventBus,
    private readonly random: Random,
  ) {}

  async execute({ userId, conversationId, origin, ...change }: UpdateConversationInput): Promise<ConversationState> {
    let result: ConversationState | undefined;
    const changed = await this.conversations.change(
      conversationId,
      { actorId: userId },
      ({ conversation, actor, stamp }) => {
        const updated = conversation.update(actor, change, stamp.rev);
        result = (updated ?? conversation).state;
        const { title } = result;
        const renamed = title !== undefined && title !== conversation.state.title;
        const id = MessageId(this.random.uuid());
        const message = renamed
          ? Message.notice(actor, id, { event: 'conversation.renamed', title }, stamp)
          : undefined;
        return updated && { event: 'conversation.updated', conversation: updated, message };
      },
    );
    if (changed) announce(this.events, changed, origin);
    return result!; // the closure ran, or change() threw
  }
}
