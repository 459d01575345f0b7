import type { Receipt } from '#app/domain/chat/membership.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { ConversationReader } from '../ports/conversation-reader.ts';
import type { UseCase } from '../use-case.ts';

export interface ListReceiptsInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly limit: number;
  readonly after?: UserId | undefined;
  /** Only those who have read this message. */
  readonly readSince?: Seq | undefined;
}

/** How far each member has read and received: "who read message n" is "whose readSeq ≥ n". */
export class ListReceipts implements UseCase<ListReceiptsInput, readonly Receipt[]> {
  constructor(private readonly reader: ConversationReader) {}

  async execute({ userId, conversationId, ...page }: ListReceiptsInput): Promise<readonly Receipt[]> {
    return this.reader.receipts(await this.reader.access(conversationId, userId), page);
  }
}
