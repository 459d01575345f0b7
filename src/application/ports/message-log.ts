import type { Rev, Seq } from '#app/domain/shared/counters.ts';
import type { Refusal } from '#app/domain/shared/domain-error.ts';
import type { MessageDraft } from '#app/domain/chat/message.ts';
import type { SendLane } from '../chat/send-lane.ts';

export interface Appended {
  readonly ok: true;
  readonly seq: Seq;
  readonly rev: Rev;
  /** Taken by the database under the conversation's lock. */
  readonly sentAt: Date;
  /** The very same message was stored before: `seq`, `rev` and `sentAt` are those of its first send. */
  readonly duplicate: boolean;
}

export type AppendResult = Appended | { readonly ok: false; readonly refusal: Refusal };

/**
 * The log of all conversations, the one road by which a message enters it.
 *
 * - An answer with `ok` means committed and durable; `seq` and `rev` are the next of the conversation, without a hole.
 * - Membership, blocks and duplicates are judged under the conversation's lock, by the rule of domain/chat/admission.ts.
 * - Appends to one conversation are stored in the order of the calls, unless one ends `unavailable`: its lane then refuses
 *   what was called after it (rule `order`).
 * - Refuses `unavailable` with `retryAfterMs` when the queue is full, the database is away or too slow, or the outcome is
 *   ambiguous and could not be settled in time. Then the message may be stored or not: send it again with the same id.
 * - Never rejects.
 */
export interface MessageLog {
  append(draft: MessageDraft, lane?: SendLane): Promise<AppendResult>;
  /** Waits for what is queued and in flight, at most until the deadline of a batch; later appends are `unavailable`. */
  close(): Promise<void>;
}
