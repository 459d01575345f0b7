import type { MessageSent } from '#app/domain/chat/chat-events.ts';
import { Message, type MessageDraft } from '#app/domain/chat/message.ts';
import type { ConnectionId } from '#app/domain/shared/ids.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { Appended, MessageLog } from '../ports/message-log.ts';
import type { UseCase } from '../use-case.ts';
import type { SendLane } from './send-lane.ts';

export interface SendMessageInput extends MessageDraft {
  readonly lane?: SendLane | undefined;
  readonly origin?: ConnectionId | undefined;
}

/** Appends a message to its conversation and tells everybody in it. Sent again with the same id, it answers the same. */
export class SendMessage implements UseCase<SendMessageInput, Appended> {
  constructor(
    private readonly log: MessageLog,
    private readonly events: EventBus,
  ) {}

  async execute(input: SendMessageInput): Promise<Appended> {
    const draft = Message.draft(input);
    const sent = await this.log.append(draft, input.lane);
    if (!sent.ok) throw sent.refusal;
    if (!sent.duplicate) this.events.publish(messageSent(draft, sent, input.origin));
    return sent;
  }
}

const messageSent = (draft: MessageDraft, sent: Appended, origin: ConnectionId | undefined): MessageSent => {
  const { conversationId, senderId, id, type, content, replyTo } = draft;
  const { seq, rev, sentAt } = sent;
  const message = {
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
  return { type: 'message.sent', conversationId, rev, at: sentAt, actorId: senderId, origin, message };
};
