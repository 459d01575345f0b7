import type { Conversation } from '@tertulia/client';
import { type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import { type CustomItemComponentProps, Virtualizer, type VirtualizerHandle } from 'virtua';
import { useToday } from '../app/use-today.ts';
import { Touchable } from '../ui/Touchable.tsx';
import { ConversationRow } from './ConversationRow.tsx';
import { useFlashes } from './use-flashes.ts';
import { useSteps } from './use-steps.ts';
import styles from './ConversationList.module.css';

interface ConversationRowsProps {
  readonly current: readonly Conversation[];
  /** Those that are shown, below the button that shows them. */
  readonly archived: readonly Conversation[];
  readonly archiveButton: ReactNode;
  readonly chosen: string | undefined;
  /** What is looked for; the list begins anew with it. */
  readonly filter: string;
  readonly complete: boolean;
  /** Below the rows. */
  readonly children: ReactNode;
}

/** The rows of the list, of which only those near the window are in the page. */
export const ConversationRows = (props: ConversationRowsProps) => {
  const { current, archived, archiveButton, chosen, filter, complete, children } = props;
  const today = useToday();
  const { flashes, done } = useFlashes();
  const list = useRef<VirtualizerHandle>(null);
  const conversations = [...current, ...archived];
  const rows = archiveButton ? [...current, undefined, ...archived] : conversations; // the button has no conversation
  const indexOf = (id: string | undefined) => rows.findIndex((row) => row !== undefined && row.id === id);
  const ids = conversations.map(({ id }) => id);
  const scroller = useRef<HTMLDivElement>(null);
  const show = (id: string) => reveal(list, scroller, indexOf(id));
  const { focused, events } = useSteps(ids, scroller, show);

  const isThere = chosen !== undefined && ids.includes(chosen);
  /** The one that Tab reaches; the arrow keys reach the others. */
  const reachable = isThere ? chosen : ids[0];
  const before = useRef({ filter: '', isMeasured: false });
  useEffect(() => {
    const { filter: filterBefore, isMeasured } = before.current;
    before.current = { filter, isMeasured: isMeasured || isThere };
    if (filter !== filterBefore && filter !== '') scroller.current?.scrollTo(0, 0);
    else if (isThere && isMeasured) show(chosen);
    // Until rows have been measured only the library knows the way: it goes on until it is there.
    else if (isThere) list.current?.scrollToIndex(indexOf(chosen), { align: 'nearest' });
    // Not when it goes to another place of the list: then one may be reading elsewhere.
  }, [chosen, isThere, filter]);
  useAnchor(list, scroller, rows);
  const kept = [indexOf(reachable), indexOf(focused), archiveButton ? current.length : -1].filter((row) => row >= 0);
  return (
    <div ref={scroller} className={styles.scroll} {...events}>
      <div role="list">
        <Virtualizer ref={list} scrollRef={scroller} data={rows} as={Touchable} item={Visible} keepMounted={kept}>
          {(conversation, index) =>
            conversation ? (
              <div
                key={conversation.id}
                role="listitem"
                aria-posinset={index < current.length ? index + 1 : index}
                aria-setsize={complete ? conversations.length : -1}
              >
                <ConversationRow
                  conversation={conversation}
                  selected={conversation.id === chosen}
                  reachable={conversation.id === reachable}
                  today={today}
                  flash={flashes.get(conversation.id)}
                  onFlashed={done}
                />
              </div>
            ) : (
              <div key="archive" role="listitem">
                {archiveButton}
              </div>
            )
          }
        </Virtualizer>
      </div>
      {children}
    </div>
  );
};

/**
 * Brings a row into view, by the element and at once: what the library is told to scroll it holds against the person for some
 * frames. Rows that were never in the page are taken to be as high as the others.
 */
const reveal = (
  { current: handle }: RefObject<VirtualizerHandle | null>,
  { current: view }: RefObject<HTMLElement | null>,
  index: number,
): void => {
  if (!handle || !view || index < 0) return;
  const top = handle.getItemOffset(index);
  const bottom = top + handle.getItemSize(index);
  if (top < view.scrollTop) view.scrollTop = top;
  else if (bottom > view.scrollTop + view.clientHeight) view.scrollTop = bottom - view.clientHeight;
};

/**
 * Who reads further down goes on seeing the same rows when a conversation rises to the top above them. (The library turns the
 * browser's own way of doing this off.)
 */
const useAnchor = (
  list: RefObject<VirtualizerHandle | null>,
  scroller: RefObject<HTMLElement | null>,
  rows: readonly (Conversation | undefined)[],
): void => {
  const before = useRef(rows);
  useLayoutEffect(() => {
    const [was, { current: handle }, { current: view }] = [before.current, list, scroller];
    before.current = rows;
    // The element knows where it is before the library has heard of it. Of another length it is another list.
    if (!handle || !view || view.scrollTop <= 0 || was.length !== rows.length) return;
    const top = handle.findItemIndex(view.scrollTop);
    // If the first in view is the one that rose, the next has not.
    const places = [top, top + 1].map((at) => [at, rows.indexOf(was[at])] as const).filter(([, now]) => now >= 0);
    const moves = places.map(([at, now]) => handle.getItemOffset(now) - handle.getItemOffset(at));
    const [least = 0] = moves.sort((a, b) => Math.abs(a) - Math.abs(b));
    if (least !== 0) view.scrollTop += least;
  });
};

/** The library hides a row until it has measured it, and what is hidden takes no focus. These are all of one height. */
const Visible = ({ style, ref, children }: CustomItemComponentProps) => (
  <div ref={ref} style={{ ...style, visibility: undefined }}>
    {children}
  </div>
);
