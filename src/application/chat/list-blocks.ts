import type { UserId } from '#app/domain/shared/ids.ts';
import type { Blocks } from '../ports/own-state.ts';
import type { UseCase } from '../use-case.ts';

export interface ListBlocksInput {
  readonly userId: UserId;
  readonly limit: number;
  readonly after?: UserId | undefined;
}

export class ListBlocks implements UseCase<ListBlocksInput, readonly { userId: UserId; since: Date }[]> {
  constructor(private readonly blocks: Blocks) {}

  execute({ userId, ...page }: ListBlocksInput): Promise<readonly { userId: UserId; since: Date }[]> {
    return this.blocks.list(userId, page);
  }
}
