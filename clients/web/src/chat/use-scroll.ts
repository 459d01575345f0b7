import type { Conversation, MessagesView } from '@tertulia/client';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { indexOfSeq, type Row } from './rows.ts';

/** This near to the end one is at the end, and stays there when more comes. */
const NEAR_END_PX = 80;
const FAR_FROM_END_PX = 1_000;
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

/**
 * Where a list of messages stands: at the divider or the end when it opens, at the end while one is there, else where one
 * left it.
 * @param opened the first window is complete, the divider included
 */
export const useScroll = (
  conversation: Conversation,
  view: MessagesView,
  rows: readonly Row[],
  opened: boolean,
): Scroll => {
  const list = useRef<VirtualizerHandle>(null);
  const { scroller, atEnd, follow, stay, settle, holdEnd } = useEnd(list);
  const placed = useRef(false);
  const count = rows.length;

  // Placed once, when the first messages are there.
  useLayoutEffect(() => {
    if (placed.current || count === 0 || !opened) return;
    placed.current = true;
    const divider = rows.findIndex(({ unread }) => unread);
    if (divider < 0) return follow();
    stay();
    list.current?.scrollToIndex(divider, { align: 'start', offset: -ABOVE_DIVIDER_PX });
    requestAnimationFrame(settle); // it may be at the end as well
  }, [count, rows, opened, follow, stay, settle]);

  // One's own message is always shown; others' only to who is at the end.
  const newest = rows.at(-1)?.message;
  const isOwn = newest?.mine === true && newest.state === 'queued';
  useLayoutEffect(() => {
    if (!placed.current || newest?.id === undefined) return;
    if (isOwn) follow();
    else holdEnd();
  }, [newest?.id, isOwn, follow, holdEnd]);

  const loadOlder = useOlder(conversation, view, list, placed, count);
  const toSeq = useCallback(
    async (seq: number) => {
      await conversation.loadBackTo(seq);
      const index = indexOfSeq(conversation.messages.messages, seq);
      if (index < 0) return false;
      stay();
      // The rows that were just loaded are rendered first.
      await new Promise(requestAnimationFrame);
      list.current?.scrollToIndex(index, { align: 'center' });
      return true;
    },
    [conversation, stay],
  );
  return {
    list,
    scroller,
    atEnd,
    toEnd() {
      // The list goes on for some frames to look for a row that it was sent to, unless it is sent to another.
      list.current?.scrollToIndex(count - 1, { align: 'end' });
      follow();
    },
    onScroll() {
      if (!placed.current) return;
      settle();
      loadOlder();
    },
    onResize() {
      if (!placed.current) return;
      holdEnd();
      settle();
    },
    toSeq,
  };
};

/** Fetches what is older when one comes near the beginning. Answers what to call when one has moved. */
const useOlder = (
  conversation: Conversation,
  { loading, complete }: MessagesView,
  list: RefObject<VirtualizerHandle | null>,
  placed: RefObject<boolean>,
  count: number,
): (() => void) => {
  const look = useCallback(() => {
    const top = list.current?.scrollOffset ?? 0;
    if (placed.current && top < NEAR_BEGIN_PX && loading === 'idle' && !complete)
      void conversation.loadOlder().catch(() => {}); // shown by the view, with a way to try again
  }, [conversation, list, placed, loading, complete]);
  useEffect(() => {
    // After the frame in which the list was placed: before, it stands at the very beginning.
    const frame = requestAnimationFrame(look);
    return () => cancelAnimationFrame(frame);
  }, [look, count]);
  return look;
};

/** Follows the end until one scrolls away from it. */
const useEnd = (list: RefObject<VirtualizerHandle | null>) => {
  const scroller = useRef<HTMLDivElement>(null);
  const [atEnd, setAtEnd] = useState(true);
  const follows = useRef(true);
  const lastTop = useRef(0);

  const set = useCallback((following: boolean) => {
    follows.current = following;
    setAtEnd(following);
  }, []);
  /** Each row that is measured on the way says so by a resize: then it is held again. */
  const holdEnd = useCallback(() => {
    const { current: element } = scroller;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, []);
  const follow = useCallback(() => {
    set(true);
    holdEnd();
  }, [set, holdEnd]);
  const stay = useCallback(() => set(false), [set]);
  /** Content that grows moves the end away from who is there; only who goes up leaves it. */
  const settle = useCallback(() => {
    const { current: element } = scroller;
    const { current: handle } = list;
    if (!element || !handle) return;
    const { scrollOffset, scrollSize, viewportSize } = handle;
    // Far away the list's own numbers will do: to ask the element costs a layout in each frame of a scroll.
    const far = scrollSize - scrollOffset - viewportSize > FAR_FROM_END_PX;
    const near = !far && element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
    if (near || scrollOffset < lastTop.current - 1) set(near);
    lastTop.current = scrollOffset;
  }, [list, set]);
  return { scroller, atEnd, follow, stay, settle, holdEnd };
};
