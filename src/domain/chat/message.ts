import type { Rev, Seq } from '../shared/counters.ts';
import { notFound, Refusal } from '../shared/domain-error.ts';
import type { ConversationId, MessageId, UserId } from '../shared/ids.ts';
import { MessageType, type MessageText, type SystemNotice } from './message-content.ts';
import type { Participant } from './participant.ts';
import { demand } from './permissions.ts';
import type { Stamp } from './stamp.ts';

export interface MessageState {
  readonly conversationId: ConversationId;
  readonly id: MessageId;
  readonly seq: Seq;
  /** Of its last change. */
  readonly rev: Rev;
  readonly senderId: UserId;
  readonly type: MessageType;
  /** What was written, or what a system entry tells; undefined once deleted. */
  readonly content: MessageText | SystemNotice | undefined;
  readonly replyTo: Seq | undefined;
  readonly sentAt: Date;
  readonly editedAt: Date | undefined;
  readonly deletedAt: Date | undefined;
}

/** A message that asks to be appended: everything is decided that needs no state. */
export interface MessageDraft {
  readonly conversationId: ConversationId;
  readonly id: MessageId;
  readonly senderId: UserId;
  readonly type: MessageType;
  readonly content: MessageText;
  readonly replyTo: Seq | undefined;
}

export class Message {
  private constructor(readonly state: MessageState) {}

  /** @throws Refusal for a type that a user can't send */
  static demandSendable(type: MessageType): void {
    if (type === MessageType.System)
      throw new Refusal('forbidden', 'system_entries_are_the_servers', 'only the server writes system entries');
    if (type !== MessageType.Text)
      throw new Refusal('unsupported', 'no_files_yet', `messages of type ${type} can't be sent yet`);
  }

  /** @throws Refusal for a type that a user can't send */
  static draft(draft: MessageDraft): MessageDraft {
    Message.demandSendable(draft.type);
    return draft;
  }

  /** The entry that a change of the conversation leaves in its log. */
  static notice(by: Participant, id: MessageId, content: SystemNotice, stamp: Stamp): Message {
    const { conversationId, userId: senderId } = by.state;
    return new Message({
      conversationId,
      id,
      seq: stamp.seq,
      rev: stamp.rev,
      senderId,
      type: MessageType.System,
      content,
      replyTo: undefined,
      sentAt: stamp.at,
      editedAt: undefined,
      deletedAt: undefined,
    });
  }

  /** For repositories only: trusts the row, applies no rule. */
  static restore(state: MessageState): Message {
    return new Message(state);
  }

  /**
   * The message with other words, or undefined when they are the same.
   * @param knownRev what the editor believes is the message's `rev`; another one is a conflict
   */
  edit(by: Participant, content: MessageText, stamp: Stamp, knownRev?: Rev): Message | undefined {
    this.#mustBeSeenBy(by);
    if (by.state.userId !== this.state.senderId)
      throw new Refusal('forbidden', 'only_authors_edit', 'only its author edits a message');
    if (this.state.type !== MessageType.Text)
      throw new Refusal('forbidden', 'only_text_is_edited', 'only text can be edited');
    if (this.state.deletedAt) throw new Refusal('conflict', 'message_deleted', 'the message was deleted');
    if (knownRev !== undefined && knownRev !== this.state.rev)
      throw new Refusal('conflict', 'stale_rev', 'the message has changed since');
    if (content === this.state.content) return undefined;
    return new Message({ ...this.state, content, editedAt: stamp.at, rev: stamp.rev });
  }

  /** The tombstone, or undefined when it is one already. */
  delete(by: Participant, stamp: Stamp): Message | undefined {
    this.#mustBeSeenBy(by);
    if (this.state.type === MessageType.System)
      throw new Refusal('forbidden', 'system_entries_stay', 'system entries are not deleted');
    if (by.state.userId !== this.state.senderId) demand(by.state.role, 'delete_others_messages');
    if (this.state.deletedAt) return undefined;
    return new Message({ ...this.state, content: undefined, deletedAt: stamp.at, rev: stamp.rev });
  }

  #mustBeSeenBy(by: Participant): void {
    if (!by.sees(this.state.seq)) throw notFound('message');
  }
}
