import type { MessageState } from '#app/domain/chat/message.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import { invalid } from '#app/domain/shared/domain-error.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { ConversationReader } from '../ports/conversation-reader.ts';
import type { UseCase } from '../use-case.ts';

export interface ReadHistoryInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly before?: Seq | undefined;
  readonly after?: Seq | undefined;
  readonly limit: number;
}

/** A window of the log by `seq`, ascending; new messages never shift a page. */
export class ReadHistory implements UseCase<ReadHistoryInput, readonly MessageState[]> {
  constructor(private readonly reader: ConversationReader) {}

  async execute({ userId, conversationId, before, after, limit }: ReadHistoryInput): Promise<readonly MessageState[]> {
    if (before !== undefined && after !== undefined) throw invalid('after', 'either before or after, not both');
    return this.reader.history(await this.reader.access(conversationId, userId), { limit, before, after });
  }
}
