import type { ReceiptChanged } from '#app/domain/chat/chat-events.ts';
import type { ConversationId, UserId } from '#app/domain/shared/ids.ts';
import { Coalescer } from '../connection/coalescer.ts';
import type { Timers } from '../ports/timers.ts';

/** Of one conversation its members are told at most this often. */
const EVERY_MS = 1_000;

/** Who has read and received how far, each by their greatest: what changes within a second is told together. */
export class LiveReceipts {
  readonly #told: Coalescer<ConversationId, UserId, ReceiptChanged>;

  constructor(timers: Timers, tell: (id: ConversationId, changed: readonly ReceiptChanged[]) => void) {
    this.#told = new Coalescer(timers, EVERY_MS, furthest, (id, changed) => tell(id, [...changed.values()]));
  }

  changed(receipt: ReceiptChanged): void {
    this.#told.add(receipt.conversationId, receipt.userId, receipt);
  }

  /** What waits is dropped. */
  close(): void {
    this.#told.close();
  }
}

const furthest = (before: ReceiptChanged, after: ReceiptChanged): ReceiptChanged => ({
  ...after,
  readSeq: before.readSeq > after.readSeq ? before.readSeq : after.readSeq,
  deliveredSeq: before.deliveredSeq > after.deliveredSeq ? before.deliveredSeq : after.deliveredSeq,
});
