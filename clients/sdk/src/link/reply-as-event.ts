import type { CommandType, InputOf, OutputOf, ServerEvent } from '../protocol.ts';

interface Answered {
  readonly userId: string;
  readonly input: unknown;
  readonly data: unknown;
}

/** Casts to what a command takes and answers, for those that were called with it and whose answer was looked at. */
const of = <T extends CommandType>(_type: T, { input, data }: Answered) => ({
  input: input as InputOf<T>,
  data: data as OutputOf<T>,
});

/** Some commands are announced to whoever asked by their reply alone: the event that it stands for. */
export const replyAsEvent = (type: string, answered: Answered): ServerEvent | undefined => {
  switch (type) {
    case 'message.send':
      return sent(answered);
    case 'message.edit':
    case 'message.delete': {
      const { input, data } = of(type, answered);
      const conversationId = input.conversationId.toLowerCase();
      const event = { conversationId, rev: data.message.rev, message: data.message };
      return { type: type === 'message.edit' ? 'message.edited' : 'message.deleted', data: event };
    }
    case 'conversation.read':
    case 'conversation.settings': {
      const { membership } = of(type, answered).data;
      return { type: 'membership.changed', data: { urev: membership.urev, membership } };
    }
    case 'user.update': {
      const { urev, handle, displayName } = of(type, answered).data;
      return { type: 'profile.changed', data: { urev, ...(handle !== undefined && { handle }), displayName } };
    }
    default:
      return undefined;
  }
};

const sent = (answered: Answered): ServerEvent => {
  const { input, data } = of('message.send', answered);
  const { conversationId, seq, rev, sentAt } = data;
  const message = {
    ...{ id: input.id.toLowerCase(), seq, rev, senderId: answered.userId },
    ...{ type: input.type ?? 'text', content: input.content, sentAt },
    ...(input.replyTo !== undefined && { replyTo: input.replyTo }),
  };
  return { type: 'message.created', data: { conversationId, rev, message } };
};
