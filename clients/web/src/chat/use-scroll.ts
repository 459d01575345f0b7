import type { Conversation, MessagesView } from '@tertulia/client';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { indexOfSeq, type Row } from './rows.ts';

/** This near to the end one is at the end, and stays there when more comes. */
const NEAR_END_PX = 80;
/** This near to the beginning older messages are fetched. */
const NEAR_BEGIN_PX = 1_200;
/** What stays visible above the divider when a chat opens there. */
const ABOVE_DIVIDER_PX = 90;

interface Scroll {
  readonly list: RefObject<VirtualizerHandle | null>;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly atEnd: boolean;
  onScroll(): void;
  onResize(): void;
  toEnd(): void;
  /** Loads back as far as it takes. Answers whether it could be shown. */
  toSeq(seq: number): Promise<boolean>;
}

/** Where a list of messages stands: at the divider or the end when it opens, at the end while one is there, else where one left it. */
export const useScroll = (
  conversation: Conversation,
  view: MessagesView,
  rows: readonly Row[],
  /** The first window is complete, the divider included. */
  opened: boolean,
): Scroll => {
  const list = useRef<VirtualizerHandle>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const follows = useRef(true);
  const placed = useRef(false);
  const count = rows.length;
  const newest = rows.at(-1)?.message;

  const toEnd = useCallback(() => {
    follows.current = true;
    setAtEnd(true);
    if (count > 0) list.current?.scrollToIndex(count - 1, { align: 'end' });
  }, [count]);

  const settle = useCallback(() => {
    const element = scroller.current;
    if (!element || !placed.current) return;
    follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    setAtEnd(follows.current);
  }, []);

  // Placed once, when the first messages are there.
  useLayoutEffect(() => {
    if (placed.current || count === 0 || !opened) return;
    placed.current = true;
    const divider = rows.findIndex(({ unread }) => unread);
    if (divider < 0) return toEnd();
    follows.current = false;
    list.current?.scrollToIndex(divider, { align: 'start', offset: -ABOVE_DIVIDER_PX });
    requestAnimationFrame(settle); // it may be at the end as well
  }, [count, rows, toEnd, opened, settle]);

  // One's own message is always shown; others' only to who is at the end.
  const newestId = newest?.id;
  const isOwn = newest?.mine === true && newest.state === 'queued';
  useLayoutEffect(() => {
    if (placed.current && newestId !== undefined && (follows.current || isOwn)) toEnd();
  }, [newestId, isOwn, toEnd]);

  const loadOlder = useCallback(() => {
    const top = scroller.current?.scrollTop ?? 0;
    if (placed.current && top < NEAR_BEGIN_PX && view.loading === 'idle' && !view.complete)
      void conversation.loadOlder().catch(() => {}); // shown by the view, with a way to try again
  }, [conversation, view.loading, view.complete]);
  useEffect(() => {
    // After the frame in which the list was placed: before, it stands at the very beginning.
    const frame = requestAnimationFrame(loadOlder);
    return () => cancelAnimationFrame(frame);
  }, [loadOlder, count]);

  return {
    list,
    scroller,
    atEnd,
    toEnd,
    onScroll() {
      settle();
      loadOlder();
    },
    onResize() {
      if (!placed.current) return;
      if (follows.current) toEnd();
      else settle();
    },
    async toSeq(seq) {
      await conversation.loadBackTo(seq);
      const index = indexOfSeq(conversation.messages.messages, seq);
      if (index < 0) return false;
      follows.current = false;
      // The rows that were just loaded are rendered first.
      await new Promise(requestAnimationFrame);
      list.current?.scrollToIndex(index, { align: 'center' });
      return true;
    },
  };
};
