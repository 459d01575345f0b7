import { Message } from '#app/domain/chat/message.ts';
import { MessageId, type ConnectionId, type ConversationId, type UserId } from '#app/domain/shared/ids.ts';
import type { Conversations } from '../ports/conversations.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Random } from '../ports/random.ts';
import type { UseCase } from '../use-case.ts';
import { announce } from './announce.ts';

export interface RemoveMemberInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly memberId: UserId;
  readonly origin?: ConnectionId | undefined;
}

/** From its commit on the removed one receives nothing of the conversation, by no way. */
export class RemoveMember implements UseCase<RemoveMemberInput, void> {
  constructor(
    private readonly conversations: Conversations,
    private readonly events: EventBus,
    private readonly random: Random,
  ) {}

  async execute({ userId, conversationId, memberId, origin }: RemoveMemberInput): Promise<void> {
    const needs = { actorId: userId, users: [memberId] };
    const changed = await this.conversations.change(
      conversationId,
      needs,
      ({ conversation, actor, candidates, stamp }) => {
        const removed = conversation.remove(actor, candidates.get(memberId)?.participant, stamp.rev);
        const message = Message.notice(
          actor,
          MessageId(this.random.uuid()),
          { event: 'member.removed', user: memberId },
          stamp,
        );
        return { event: 'member.removed', members: [removed], message };
      },
    );
    if (changed) announce(this.events, changed, origin);
  }
}
