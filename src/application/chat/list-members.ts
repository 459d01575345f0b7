import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { ConversationReader } from '../ports/conversation-reader.ts';
import type { UseCase } from '../use-case.ts';

export interface ListMembersInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly limit: number;
  readonly after?: UserId | undefined;
}

export class ListMembers implements UseCase<ListMembersInput, readonly ParticipantState[]> {
  constructor(private readonly reader: ConversationReader) {}

  async execute({ userId, conversationId, limit, after }: ListMembersInput): Promise<readonly ParticipantState[]> {
    return this.reader.members(await this.reader.access(conversationId, userId), { limit, after });
  }
}
