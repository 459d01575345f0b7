import type { OwnMembership } from '#app/domain/chat/membership.ts';
import type { ConnectionId, ConversationId, UserId } from '#app/domain/shared/ids.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { OwnState } from '../ports/own-state.ts';
import type { UseCase } from '../use-case.ts';

export interface SetMembershipInput {
  readonly userId: UserId;
  readonly conversationId: ConversationId;
  /** null unmutes. */
  readonly mutedUntil?: Date | null | undefined;
  readonly archived?: boolean | undefined;
  readonly origin?: ConnectionId | undefined;
}

/** How one wants to be bothered by a conversation; the same on all one's devices, and nobody else's business. */
export class SetMembership implements UseCase<SetMembershipInput, OwnMembership> {
  constructor(
    private readonly own: OwnState,
    private readonly events: EventBus,
  ) {}

  async execute({ userId, conversationId, mutedUntil, archived, origin }: SetMembershipInput): Promise<OwnMembership> {
    const { membership, changed } = await this.own.setMembership(userId, conversationId, { mutedUntil, archived });
    if (changed) this.events.publish({ ...changed, origin });
    return membership;
  }
}
