import type { UserId } from '#app/domain/shared/ids.ts';
import type { ConversationReader, ListCursor, ListedConversation } from '../ports/conversation-reader.ts';
import type { UseCase } from '../use-case.ts';

export interface ListConversationsInput {
  readonly userId: UserId;
  readonly limit: number;
  readonly after?: ListCursor | undefined;
  readonly archived: boolean;
}

/** The user's list, windowed: what is shown is read, not what exists. */
export class ListConversations implements UseCase<ListConversationsInput, readonly ListedConversation[]> {
  constructor(private readonly reader: ConversationReader) {}

  execute({ userId, ...page }: ListConversationsInput): Promise<readonly ListedConversation[]> {
    return this.reader.list(userId, page);
  }
}
