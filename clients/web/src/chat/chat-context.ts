import type { Conversation, MessageView } from '@tertulia/client';
import { createContext, use } from 'react';
import type { MenuRequest } from '../ui/menu.tsx';

/** What a message can ask of the chat that it stands in. */
export interface ChatDeeds {
  readonly conversation: Conversation;
  openMenu(message: MessageView, at: MenuRequest['at']): void;
  jumpTo(seq: number): void;
  retry(message: MessageView): void;
  discard(message: MessageView): void;
}

const ChatContext = createContext<ChatDeeds | undefined>(undefined);
export const ChatProvider = ChatContext.Provider;

export const useChat = (): ChatDeeds => {
  const deeds = use(ChatContext);
  if (!deeds) throw new Error('outside of ChatProvider');
  return deeds;
};
