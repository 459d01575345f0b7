import type { SendLane } from '#app/application/chat/send-lane.ts';
import type { AppendResult, MessageLog } from '#app/application/ports/message-log.ts';
import { admit } from '#app/domain/chat/admission.ts';
import { Message, type MessageDraft } from '#app/domain/chat/message.ts';
import { Participant } from '#app/domain/chat/participant.ts';
import type { Rev, Seq } from '#app/domain/shared/counters.ts';
import { Refusal, unavailable } from '#app/domain/shared/domain-error.ts';
import type { ConversationRow, MemoryStore, MessageRow } from './memory-store.ts';

/** Judges each send by the domain's own rule, in the turn of its conversation. */
export class MemoryMessageLog implements MessageLog {
  #size = 0;
  #closed = false;
  readonly #emptied: (() => void)[] = [];

  constructor(
    private readonly store: MemoryStore,
    private readonly queueLimit: number,
  ) {}

  async append(draft: MessageDraft, lane?: SendLane): Promise<AppendResult> {
    if (this.#closed) return refused(unavailable('draining', 500));
    const place = lane?.enter() ?? 0;
    /** What ends so holds its lane until it is sent again. */
    const turnedAway = (rule: string) => {
      lane?.break(place, draft.id);
      return refused(unavailable(rule));
    };
    if (this.#size >= this.queueLimit) return turnedAway('send_queue_full');
    this.#size++;
    try {
      return await this.store.locks.run(draft.conversationId, () =>
        lane && !lane.admits(place, draft.id) ? turnedAway('order') : this.#judge(draft),
      );
    } catch (error) {
      return turnedAway(error instanceof Refusal ? error.rule : 'fault');
    } finally {
      this.#size--;
      if (this.#size === 0) for (const emptied of this.#emptied.splice(0)) emptied();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#size > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }

  #judge(draft: MessageDraft): AppendResult {
    if (draft.content.includes('\u0000')) return refused(notStorable());
    const conversation = this.store.conversations.get(draft.conversationId);
    const sender = conversation?.members.get(draft.senderId);
    const holder = conversation && find(conversation, conversation.seqs.get(draft.id));
    const answered = conversation && find(conversation, draft.replyTo);
    const admission = admit(draft, {
      sender: sender && Participant.restore(sender.participant),
      holder: holder && {
        message: Message.restore(holder.state),
        sameContent: holder.fingerprint === fingerprintOf(draft),
      },
      answered: answered && Message.restore(answered.state),
      blocked: conversation?.sendBlocked ?? false,
    });
    if (admission.verdict === 'refuse') return refused(admission.refusal);
    if (admission.verdict === 'duplicate' && holder) return appended(holder, true);
    // admitted without a conversation can't be: membership comes first
    return conversation ? appended(this.#store(conversation, draft), false) : refused(unavailable('lost'));
  }

  #store(conversation: ConversationRow, draft: MessageDraft): MessageRow {
    const seq = (conversation.state.seq + 1) as Seq;
    const rev = (conversation.state.rev + 1) as Rev;
    const sentAt = this.store.now();
    conversation.state = Object.freeze({ ...conversation.state, seq, rev });
    conversation.activeAt = sentAt;
    const { conversationId, id, senderId, type, content, replyTo } = draft; // and nothing else that it may carry
    const state = {
      conversationId,
      id,
      seq,
      rev,
      senderId,
      type,
      content,
      replyTo,
      sentAt,
      editedAt: undefined,
      deletedAt: undefined,
    };
    return this.store.putMessage(conversation, { state, sentRev: rev, fingerprint: fingerprintOf(draft) });
  }
}

const find = (conversation: ConversationRow, seq: Seq | undefined): MessageRow | undefined =>
  seq === undefined ? undefined : conversation.messages[seq - 1];

/** Only the last part may hold the separator, so no two contents share a line. */
const fingerprintOf = ({ type, replyTo, content }: MessageDraft): string =>
  [type, replyTo ?? '', content].join('\u001f');

const appended = ({ state, sentRev }: MessageRow, duplicate: boolean): AppendResult => ({
  ok: true,
  seq: state.seq,
  rev: sentRev,
  sentAt: state.sentAt,
  duplicate,
});

const refused = (refusal: Refusal): AppendResult => ({ ok: false, refusal });

const notStorable = () => new Refusal('invalid', 'content_not_storable', 'the message can not be stored');
