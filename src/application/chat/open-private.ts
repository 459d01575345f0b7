import { invalid } from '#app/domain/shared/domain-error.ts';
import { ConversationId, type UserId } from '#app/domain/shared/ids.ts';
import type { ConversationReader, ListedConversation } from '../ports/conversation-reader.ts';
import type { Conversations } from '../ports/conversations.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Random } from '../ports/random.ts';
import type { UseCase } from '../use-case.ts';
import { announce } from './announce.ts';
import { demandRoomForOneMore } from './conversation-limit.ts';

export interface OpenPrivateInput {
  readonly userId: UserId;
  readonly otherId: UserId;
}

/** Finds the one private conversation of two users, or makes it. */
export class OpenPrivate implements UseCase<OpenPrivateInput, ListedConversation> {
  constructor(
    private readonly conversations: Conversations,
    private readonly reader: ConversationReader,
    private readonly events: EventBus,
    private readonly random: Random,
    private readonly conversationsPerUser: number,
  ) {}

  async execute({ userId, otherId }: OpenPrivateInput): Promise<ListedConversation> {
    if (userId === otherId) throw invalid('userId', 'somebody else than yourself', 'private_with_oneself');
    const known = await this.conversations.privateOf(userId, otherId);
    if (!known) await demandRoomForOneMore(this.conversations, userId, this.conversationsPerUser);
    const opened = known
      ? undefined
      : await this.conversations.openPrivate(ConversationId(this.random.uuid()), userId, otherId);
    if (opened?.created) announce(this.events, opened.created);
    return this.reader.get(await this.reader.access(known ?? opened!.id, userId)); // one of the two is set
  }
}
