import type { Policies } from '#app/domain/chat/conversation.ts';
import type { ConversationTitle } from '#app/domain/chat/conversation-title.ts';
import { MessageId, type ConversationId, type UserId } from '#app/domain/shared/ids.ts';
import type { ConversationReader, ListedConversation } from '../ports/conversation-reader.ts';
import type { Conversations } from '../ports/conversations.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Random } from '../ports/random.ts';
import type { UseCase } from '../use-case.ts';
import { announce } from './announce.ts';
import { actorIsFull, memberIsFull } from './conversation-limit.ts';

export interface CreateGroupInput extends Policies {
  readonly userId: UserId;
  /** Chosen by the client, so that a retry finds the group that the first try made. */
  readonly id: ConversationId;
  readonly title: ConversationTitle;
  readonly users: readonly UserId[];
}

export class CreateGroup implements UseCase<CreateGroupInput, ListedConversation> {
  constructor(
    private readonly conversations: Conversations,
    private readonly reader: ConversationReader,
    private readonly events: EventBus,
    private readonly random: Random,
    private readonly conversationsPerUser: number,
  ) {}

  async execute({
    userId,
    id,
    title,
    users,
    membersCanInvite,
    historyVisible,
  }: CreateGroupInput): Promise<ListedConversation> {
    await this.#demandRoom(userId, users, id);
    const opened = await this.conversations.createGroup({
      id,
      title,
      policies: { membersCanInvite, historyVisible },
      creatorId: userId,
      users: [...new Set(users)].filter((user) => user !== userId),
      noticeId: MessageId(this.random.uuid()),
    });
    if (opened.created) announce(this.events, opened.created);
    return this.reader.get(await this.reader.access(opened.id, userId));
  }

  /** What is there already takes no more room: a retry finds it, also where it was the last that fitted. */
  async #demandRoom(userId: UserId, users: readonly UserId[], id: ConversationId): Promise<void> {
    const limit = this.conversationsPerUser;
    const full = await this.conversations.full([userId, ...users], limit);
    if (full.size === 0) return;
    await this.reader.access(id, userId).catch(() => {
      throw full.has(userId) ? actorIsFull(limit) : memberIsFull(limit);
    });
  }
}
