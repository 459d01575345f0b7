import type { Conversation } from '@tertulia/client';
import { useCallback, useEffect, useState } from 'react';
import { isLookedAt } from './use-reading.ts';

/** From which `seq` on there was something new when the chat was opened, or when one came back to it. */
export const useUnreadFrom = (conversation: Conversation) => {
  const [unreadFrom, setUnreadFrom] = useState(() => firstUnread(conversation));
  useEffect(() => {
    let before = conversation.view.unread.count;
    return conversation.subscribe(() => {
      const { count } = conversation.view.unread;
      if (before === 0 && count > 0 && !isLookedAt()) setUnreadFrom(firstUnread(conversation));
      before = count;
    });
  }, [conversation]);
  return { unreadFrom, forget: useCallback(() => setUnreadFrom(undefined), []) };
};

const firstUnread = ({ view }: Conversation): number | undefined =>
  view.unread.count > 0 ? Math.max(view.readSeq + 1, view.firstSeq) : undefined;
