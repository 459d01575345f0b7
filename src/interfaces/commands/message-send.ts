import * as v from 'valibot';
import { invalid } from '#app/domain/shared/domain-error.ts';
import type { OpenPrivate } from '#app/application/chat/open-private.ts';
import type { SendMessage } from '#app/application/chat/send-message.ts';
import { Message } from '#app/domain/chat/message.ts';
import { MessageType } from '#app/domain/chat/message-content.ts';
import { conversationId, instant, messageId, messageText, seq, userId } from '../protocol/primitives.ts';
import { command } from './command.ts';

const count = v.pipe(v.number(), v.safeInteger());

export const messageSend = (sendMessage: SendMessage, openPrivate: OpenPrivate) =>
  command({
    type: 'message.send',
    summary:
      'Appends a message; the answer means that it is stored. The same id again gets the same answer, marked `duplicate`.',
    access: 'user',
    limit: 'send',
    lane: 'append',
    input: v.object({
      /** Chosen by the client, before the first try. */
      id: messageId,
      conversationId: v.optional(conversationId),
      /** Instead of `conversationId`: the other one of a private conversation, which is made if there is none. */
      to: v.optional(userId),
      type: v.optional(v.picklist(Object.values(MessageType), 'text, image or file'), 'text'),
      content: messageText,
      /** `seq` of the message that this one answers. */
      replyTo: v.optional(seq),
    }),
    example: {
      id: '01a9d9e8-7c00-7b1a-9d2f-6c3e5a4b8d01',
      conversationId: '0193e4a0-5b7c-7d2e-8f10-3c4b5a697887',
      content: 'Hello!',
    },
    output: v.object({
      conversationId: v.pipe(v.string(), v.uuid()),
      seq: count,
      rev: count,
      sentAt: instant,
      duplicate: v.boolean(),
    }),
    http: { method: 'POST', path: '/v1/conversations/{conversationId}/messages' },
    run: async ({ conversationId: named, to, ...draft }, { userId, connectionId, lane }) => {
      if ((named === undefined) === (to === undefined)) throw invalid('conversationId', 'either conversationId or to');
      // before a conversation is made for it
      Message.demandSendable(draft.type);
      // at once where it can be: sends enter the log in the order of arrival
      const conversationId = named ?? (await openPrivate.execute({ userId, otherId: to! })).conversation.id; // one of the two is there
      const sent = await sendMessage.execute({
        conversationId,
        id: draft.id,
        senderId: userId,
        type: draft.type,
        content: draft.content,
        replyTo: draft.replyTo,
        lane,
        origin: connectionId,
      });
      return {
        conversationId,
        seq: sent.seq,
        rev: sent.rev,
        sentAt: sent.sentAt.toISOString(),
        duplicate: sent.duplicate,
      };
    },
  });
