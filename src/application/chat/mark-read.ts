import type { OwnMembership } from '#app/domain/chat/membership.ts';
import type { Seq } from '#app/domain/shared/counters.ts';
import type { ConnectionId, ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { MarkResult, OwnState } from '../ports/own-state.ts';
import type { UseCase } from '../use-case.ts';

export interface MarkInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  readonly seq: Seq;
  readonly origin?: ConnectionId | undefined;
}

/** Larger conversations tell receipts only when asked, or every reader would wake everybody. */
export const LIVE_RECEIPTS_UP_TO = 100;

/** "I have read up to here." Never goes back, is clamped to the head; a lower cursor changes nothing. */
export class MarkRead implements UseCase<MarkInput, OwnMembership> {
  constructor(
    private readonly own: OwnState,
    private readonly events: EventBus,
  ) {}

  async execute({ userId, conversationId, seq, origin }: MarkInput): Promise<OwnMembership> {
    const marked = await this.own.markRead(userId, conversationId, seq);
    announceMark(this.events, marked, origin);
    return marked.membership;
  }
}

/** "It has reached this device." Nobody's own state: only the others are told. */
export class MarkDelivered implements UseCase<MarkInput, OwnMembership> {
  constructor(
    private readonly own: OwnState,
    private readonly events: EventBus,
  ) {}

  async execute({ userId, conversationId, seq, origin }: MarkInput): Promise<OwnMembership> {
    const marked = await this.own.markDelivered(userId, conversationId, seq);
    announceMark(this.events, marked, origin);
    return marked.membership;
  }
}

const announceMark = (
  events: EventBus,
  { changed, memberCount }: MarkResult,
  origin: ConnectionId | undefined,
): void => {
  if (!changed) return;
  if (changed.own) events.publish({ ...changed.own, origin });
  if (memberCount <= LIVE_RECEIPTS_UP_TO) events.publish({ ...changed.receipt, origin });
};
