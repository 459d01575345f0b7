import type { CommandType, InputOf, OutputOf, ServerEvent } from '../protocol.ts';

/**
 * Some commands are announced to whoever asked by their reply alone: the event that it stands for. They were called with
 * what they take, and their answers were looked at.
 */
export const replyAsEvent = (type: string, userId: string, input: unknown, data: unknown): ServerEvent | undefined => {
  const asked = <T extends CommandType>(_type: T) => input as InputOf<T>;
  const told = <T extends CommandType>(_type: T) => data as OutputOf<T>;
  switch (type) {
    case 'message.send':
      return sent(userId, asked(type), told(type));
    case 'message.edit':
    case 'message.delete': {
      const { message } = told(type);
      const change = { conversationId: asked(type).conversationId.toLowerCase(), rev: message.rev, message };
      return { type: type === 'message.edit' ? 'message.edited' : 'message.deleted', data: change };
    }
    case 'conversation.read':
    case 'conversation.settings': {
      const { membership } = told(type);
      return { type: 'membership.changed', data: { urev: membership.urev, membership } };
    }
    case 'user.update': {
      const { urev, handle, displayName } = told(type);
      return { type: 'profile.changed', data: { urev, ...(handle !== undefined && { handle }), displayName } };
    }
    default:
      return undefined;
  }
};

const sent = (senderId: string, input: InputOf<'message.send'>, answer: OutputOf<'message.send'>): ServerEvent => {
  const { conversationId, seq, rev, sentAt } = answer;
  const { type = 'text', content, replyTo } = input;
  const id = input.id.toLowerCase();
  const message = { id, seq, rev, senderId, type, content, sentAt, ...(replyTo !== undefined && { replyTo }) };
  return { type: 'message.created', data: { conversationId, rev, message } };
};
