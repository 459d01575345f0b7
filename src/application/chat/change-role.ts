import { Message } from '#app/domain/chat/message.ts';
import type { ParticipantState, Role } from '#app/domain/chat/participant.ts';
import { MessageId, type ConnectionId, type ConversationId, type UserId } from '#app/domain/shared/ids.ts';
import type { Conversations } from '../ports/conversations.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Random } from '../ports/random.ts';
import type { UseCase } from '../use-case.ts';
import { announce } from './announce.ts';

export interface ChangeRoleInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly memberId: UserId;
  readonly role: Role;
  readonly origin?: ConnectionId | undefined;
}

/** Ownership is handed over by making another owner and then oneself something else. The role they have already changes nothing. */
export class ChangeRole implements UseCase<ChangeRoleInput, ParticipantState> {
  constructor(
    private readonly conversations: Conversations,
    private readonly events: EventBus,
    private readonly random: Random,
  ) {}

  async execute({ userId, conversationId, memberId, role, origin }: ChangeRoleInput): Promise<ParticipantState> {
    let result: ParticipantState | undefined;
    const needs = { actorId: userId, users: [memberId] };
    const changed = await this.conversations.change(
      conversationId,
      needs,
      ({ conversation, actor, owners, candidates, stamp }) => {
        const target = candidates.get(memberId)?.participant;
        const member = conversation.changeRole(actor, target, role, owners, stamp.rev);
        result = (member ?? target)?.state;
        if (!member) return undefined;
        const message = Message.notice(
          actor,
          MessageId(this.random.uuid()),
          { event: 'member.role_changed', user: memberId, role },
          stamp,
        );
        return { event: 'member.role_changed', members: [member], message };
      },
    );
    if (changed) announce(this.events, changed, origin);
    return result!; // changeRole threw unless there is a member
  }
}
