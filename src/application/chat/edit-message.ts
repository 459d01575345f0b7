import type { MessageText } from '#app/domain/chat/message-content.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import type { Rev } from '#app/domain/shared/counters.ts';
import { notFound } from '#app/domain/shared/domain-error.ts';
import type { ConnectionId, ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';
import type { Conversations } from '../ports/conversations.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { UseCase } from '../use-case.ts';
import { announce } from './announce.ts';

export interface EditMessageInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly id: MessageId;
  readonly content: MessageText;
  /** What the editor believes is the message's `rev`. */
  readonly knownRev?: Rev | undefined;
  readonly origin?: ConnectionId | undefined;
}

/** Gives one's own message other words. The same words again change nothing and take no `rev`. */
export class EditMessage implements UseCase<EditMessageInput, MessageState> {
  constructor(
    private readonly conversations: Conversations,
    private readonly events: EventBus,
  ) {}

  async execute({ userId, conversationId, id, content, knownRev, origin }: EditMessageInput): Promise<MessageState> {
    let result: MessageState | undefined;
    const changed = await this.conversations.change(
      conversationId,
      { actorId: userId, messageId: id },
      ({ actor, message, stamp }) => {
        if (!message) throw notFound('message');
        const edited = message.edit(actor, content, stamp, knownRev);
        result = (edited ?? message).state;
        return edited && { event: 'message.edited', message: edited };
      },
    );
    if (changed) announce(this.events, changed, origin);
    return result!; // the closure ran, or change() threw
  }
}
