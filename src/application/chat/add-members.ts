import { Message } from '#app/domain/chat/message.ts';
import { notFound } from '#app/domain/shared/domain-error.ts';
import { MessageId, type ConnectionId, type ConversationId, type UserId } from '#app/domain/shared/ids.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { Conversations } from '../ports/conversations.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Random } from '../ports/random.ts';
import type { UseCase } from '../use-case.ts';
import { announce } from './announce.ts';
import { memberIsFull } from './conversation-limit.ts';

export interface AddMembersInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  /** At most 200. */
  readonly users: readonly UserId[];
  readonly origin?: ConnectionId | undefined;
}

/** All of them or none; who is a member already is passed over. Answers those who became members. */
export class AddMembers implements UseCase<AddMembersInput, readonly ParticipantState[]> {
  constructor(
    private readonly conversations: Conversations,
    private readonly events: EventBus,
    private readonly random: Random,
    private readonly limits: { readonly membersPerGroup: number; readonly conversationsPerUser: number },
  ) {}

  async execute({
    userId,
    conversationId,
    users: asked,
    origin,
  }: AddMembersInput): Promise<readonly ParticipantState[]> {
    const users = [...new Set(asked)];
    const { membersPerGroup, conversationsPerUser } = this.limits;
    const full = await this.conversations.full(users, conversationsPerUser);
    const changed = await this.conversations.change(
      conversationId,
      { actorId: userId, users },
      ({ conversation, actor, candidates, stamp }) => {
        const named = users.map((user) => candidates.get(user) ?? unknownUser());
        const members = conversation.add(actor, named, membersPerGroup, stamp);
        if (members.length === 0) return undefined;
        const joined = members.map((member) => member.state.userId);
        // told to those alone who may add: others learn nothing of anybody
        if (joined.some((user) => full.has(user))) throw memberIsFull(conversationsPerUser);
        const message = Message.notice(
          actor,
          MessageId(this.random.uuid()),
          { event: 'members.added', users: joined },
          stamp,
        );
        return { event: 'members.added', members, message };
      },
    );
    if (!changed) return [];
    announce(this.events, changed, origin);
    return changed.event.type === 'members.added' ? changed.event.members : [];
  }
}

const unknownUser = (): never => {
  throw notFound('user');
};
