import type { MessageState } from '#app/domain/chat/message.ts';
import { notFound } from '#app/domain/shared/domain-error.ts';
import type { ConnectionId, ConversationId, MessageId, UserId } from '#app/domain/shared/ids.ts';
import type { Conversations } from '../ports/conversations.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { UseCase } from '../use-case.ts';
import { announce } from './announce.ts';

export interface DeleteMessageInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly id: MessageId;
  readonly origin?: ConnectionId | undefined;
}

/** Leaves a tombstone. Deleting it again changes nothing and takes no `rev`. */
export class DeleteMessage implements UseCase<DeleteMessageInput, MessageState> {
  constructor(
    private readonly conversations: Conversations,
    private readonly events: EventBus,
  ) {}

  async execute({ userId, conversationId, id, origin }: DeleteMessageInput): Promise<MessageState> {
    let result: MessageState | undefined;
    const changed = await this.conversations.change(
      conversationId,
      { actorId: userId, messageId: id },
      ({ actor, message, stamp }) => {
        if (!message) throw notFound('message');
        const deleted = message.delete(actor, stamp);
        result = (deleted ?? message).state;
        return deleted && { event: 'message.deleted', message: deleted };
      },
    );
    if (changed) announce(this.events, changed, origin);
    return result!; // the closure ran, or change() threw
  }
}
