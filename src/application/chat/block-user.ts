import { invalid } from '#app/domain/shared/domain-error.ts';
import type { ConnectionId, UserId } from '#app/domain/shared/ids.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Blocks } from '../ports/own-state.ts';
import type { UseCase } from '../use-case.ts';

export interface BlockUserInput {
  readonly userId: UserId;
  readonly blockedId: UserId;
  /** False lifts the block. */
  readonly blocked: boolean;
  readonly origin?: ConnectionId | undefined;
}

/** Ends private messages between two users, both ways, and keeps each from adding the other to a group. */
export class BlockUser implements UseCase<BlockUserInput, void> {
  constructor(
    private readonly blocks: Blocks,
    private readonly events: EventBus,
  ) {}

  async execute({ userId, blockedId, blocked, origin }: BlockUserInput): Promise<void> {
    if (userId === blockedId) throw invalid('userId', 'somebody else than yourself', 'block_oneself');
    const changed = await this.blocks.set(userId, blockedId, blocked);
    if (changed) this.events.publish({ ...changed, origin });
  }
}
