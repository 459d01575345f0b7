import type { MessageId } from '#app/domain/shared/ids.ts';

/**
 * Keeps one connection's sends to one conversation in order through failures. After a send ends `unavailable`, later
 * ones of the lane end `unavailable` too (rule `order`), until the same message id is sent again.
 */
export class SendLane {
  #brokenAt: MessageId | undefined;

  /** Asked when a send is about to enter a batch. */
  admits(id: MessageId): boolean {
    if (this.#brokenAt === id) this.#brokenAt = undefined;
    return this.#brokenAt === undefined;
  }

  /** The first failure counts: it is the one that must be sent again first. */
  break(id: MessageId): void {
    this.#brokenAt ??= id;
  }

  get idle(): boolean {
    return this.#brokenAt === undefined;
  }
}
