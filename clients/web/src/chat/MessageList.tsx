import type { Conversation } from '@tertulia/client';
import { useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Virtualizer } from 'virtua';
import { useToast } from '../ui/Toaster.tsx';
import { Touchable } from '../ui/Touchable.tsx';
import { useWords } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { ChatProvider, type ChatDeeds } from './chat-context.ts';
import { JumpToNewest } from './JumpToNewest.tsx';
import { ListHead, HEAD_PX } from './ListHead.tsx';
import { MessageRow } from './MessageRow.tsx';
import { indexOfSeq, type Row, rowsOf } from './rows.ts';
import { useReading } from './use-reading.ts';
import { useRoving } from './use-roving.ts';
import { useScroll } from './use-scroll.ts';
import styles from './MessageList.module.css';

interface MessageListProps {
  readonly conversation: Conversation;
  readonly unreadFrom: number | undefined;
  /** Until then only what waits to be sent is shown: the window is still coming. */
  readonly opened: boolean;
  readonly deeds: Omit<ChatDeeds, 'jumpTo'>;
}

/** The log, of which only what is near the window is in the page. */
export const MessageList = ({ conversation, unreadFrom, opened, deeds }: MessageListProps) => {
  const { t } = useWords();
  const toast = useToast();
  const view = useWatched(conversation, ({ messages }) => messages);
  const rows = useMemo(() => {
    const shown = opened ? view.messages : view.messages.filter(({ seq }) => seq === undefined);
    return rowsOf(shown, unreadFrom);
  }, [view.messages, unreadFrom, opened]);
  const { list, scroller, atEnd, ...scroll } = useScroll(conversation, view, rows, opened);
  const shift = usePrepended(rows);
  const { active, keys } = useRoving(
    rows,
    (index) => list.current?.scrollToIndex(index, { align: 'nearest' }),
    scroller,
  );
  const [flash, setFlash] = useState<string>();
  const look = useReading(conversation, list, scroller, rows);

  const { toSeq } = scroll;
  // The same as long as it can be: every message in view takes from it.
  const chat = useMemo((): ChatDeeds => {
    const jumpTo = async (seq: number) => {
      const there = await toSeq(seq).catch(() => false);
      if (!there) toast(t('chat.loadFailed'));
      const { messages } = conversation.messages;
      setFlash(messages[indexOfSeq(messages, seq)]?.id);
    };
    return { ...deeds, jumpTo: (seq) => void jumpTo(seq) };
  }, [conversation, deeds, toSeq, toast, t]);
  return (
    <ChatProvider value={chat}>
      <div className={styles.frame}>
        <div ref={scroller} className={styles.scroller} onAnimationEnd={() => setFlash(undefined)}>
          <ListHead conversation={conversation} />
          <div
            role="feed"
            className={styles.feed}
            aria-label={t('chat.messages')}
            aria-busy={view.loading === 'first' || view.loading === 'older'}
            onKeyDown={keys}
          >
            <Virtualizer
              ref={list}
              as={Touchable}
              scrollRef={scroller}
              startMargin={HEAD_PX}
              data={rows}
              shift={shift}
              keepMounted={active < 0 ? [] : [active]}
              bufferSize={400}
              onScroll={scroll.onScroll}
              onScrollEnd={look}
              onResize={scroll.onResize}
            >
              {(row, index) => (
                <MessageRow
                  key={row.message.id}
                  {...row}
                  quoted={
                    row.message.replyTo === undefined
                      ? undefined
                      : view.messages[indexOfSeq(view.messages, row.message.replyTo)]
                  }
                  active={index === active}
                  flash={row.message.id === flash}
                  newest={index === rows.length - 1}
                />
              )}
            </Virtualizer>
          </div>
        </div>
        {!atEnd && <JumpToNewest conversation={conversation} onJump={scroll.toEnd} />}
      </div>
    </ChatProvider>
  );
};

/** Whether these rows are the last ones with older ones before them: then the list keeps its distance from the end. */
const usePrepended = (rows: readonly Row[]): boolean => {
  const top = rows[0]?.message.id;
  const before = useRef(top);
  const prepended =
    before.current !== undefined && before.current !== top && rows.some(({ message }) => message.id === before.current);
  useLayoutEffect(() => {
    before.current = top;
  });
  return prepended;
};
