import type { ChangedRow } from '#app/application/ports/feed.ts';
import type { ConversationState } from '#app/domain/chat/conversation.ts';
import type { MessageState } from '#app/domain/chat/message.ts';
import type { ParticipantState } from '#app/domain/chat/participant.ts';
import type { Seq } from '#app/domain/shared/counters.ts';

/** What a client holds of one conversation. */
export class Replica {
  cursor = 0;
  readonly messages = new Map<number, MessageState>();
  readonly members = new Map<string, ParticipantState>();
  conversation: ConversationState | undefined;

  /** A row replaces an older state of the same, and never a newer one. */
  apply({ kind, ...row }: ChangedRow): void {
    if ('message' in row && newer(row, this.messages.get(row.message.seq)))
      this.messages.set(row.message.seq, row.message);
    if ('member' in row && newer(row, this.members.get(row.member.userId)))
      this.members.set(row.member.userId, row.member);
    if ('conversation' in row && row.rev >= (this.conversation?.changedRev ?? 0)) this.conversation = row.conversation;
    if (!['message', 'member', 'conversation'].includes(kind)) throw new Error(`a row of an unknown kind: ${kind}`);
  }

  forget(): void {
    this.cursor = 0;
    this.messages.clear();
    this.members.clear();
    this.conversation = undefined;
  }

  forgetBelow(firstSeq: Seq): void {
    for (const seq of this.messages.keys()) if (seq < firstSeq) this.messages.delete(seq);
  }

  get log(): readonly MessageState[] {
    return [...this.messages.values()].toSorted((a, b) => a.seq - b.seq);
  }

  get present(): readonly ParticipantState[] {
    return [...this.members.values()]
      .filter(({ leftRev }) => leftRev === undefined)
      .toSorted((a, b) => (a.userId < b.userId ? -1 : 1));
  }
}

const newer = (row: { readonly rev: number }, held: { readonly rev: number } | undefined): boolean =>
  row.rev >= (held?.rev ?? 0);
