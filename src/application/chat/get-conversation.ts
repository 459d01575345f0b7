import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { ConversationReader, ListedConversation } from '../ports/conversation-reader.ts';
import type { UseCase } from '../use-case.ts';

export interface GetConversationInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
}

export class GetConversation implements UseCase<GetConversationInput, ListedConversation> {
  constructor(private readonly reader: ConversationReader) {}

  async execute({ userId, conversationId }: GetConversationInput): Promise<ListedConversation> {
    return this.reader.get(await this.reader.access(conversationId, userId));
  }
}
