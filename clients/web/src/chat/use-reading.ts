import type { Conversation } from '@tertulia/client';
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import type { VirtualizerHandle } from 'virtua';
import type { Row } from './rows.ts';

/** Whether somebody can be looking at this page. */
export const isLookedAt = (): boolean => document.visibilityState === 'visible' && document.hasFocus();

/** Marks as read what has been in the window while somebody was looking. Answers what to call when it has moved. */
export const useReading = (
  conversation: Conversation,
  list: RefObject<VirtualizerHandle | null>,
  scroller: RefObject<HTMLElement | null>,
  rows: readonly Row[],
): (() => void) => {
  const present = useRef(rows);
  present.current = rows;
  const look = useCallback(() => {
    const { current: handle } = list;
    // The details may lie over it.
    if (!handle || !scroller.current?.checkVisibility({ visibilityProperty: true }) || !isLookedAt()) return;
    let index = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - 1);
    while (index >= 0 && present.current[index]?.message.seq === undefined) index--; // what waits has no place yet
    const seq = present.current[index]?.message.seq;
    if (seq !== undefined && seq > conversation.view.readSeq) conversation.markRead(seq);
  }, [conversation, list, scroller]);
  useEffect(() => {
    // Once the list has taken its new place.
    const frame = requestAnimationFrame(() => requestAnimationFrame(look));
    return () => cancelAnimationFrame(frame);
  }, [look, rows]);
  useEffect(() => {
    addEventListener('focus', look);
    document.addEventListener('visibilitychange', look);
    return () => {
      removeEventListener('focus', look);
      document.removeEventListener('visibilitychange', look);
    };
  }, [look]);
  return look;
};
