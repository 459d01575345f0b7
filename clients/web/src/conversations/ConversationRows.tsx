import type { Conversation } from '@tertulia/client';
import { type ReactNode, useEffect, useRef } from 'react';
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
  const show = (id: string) => list.current?.scrollToIndex(indexOf(id), { align: 'nearest' });
  const ids = conversations.map(({ id }) => id);
  const { scroller, focused, events } = useSteps(ids, show);

  const isThere = chosen !== undefined && ids.includes(chosen);
  /** The one that Tab reaches; the arrow keys reach the others. */
  const reachable = isThere ? chosen : ids[0];
  const filterBefore = useRef('');
  useEffect(() => {
    const isAnother = filter !== filterBefore.current;
    filterBefore.current = filter;
    if (isAnother && filter !== '') list.current?.scrollTo(0);
    else if (isThere) show(chosen);
    // Not when it goes to another place of the list: then one may be reading elsewhere.
  }, [chosen, isThere, filter]);
  const kept = [indexOf(reachable), indexOf(focused), archiveButton ? current.length : -1].filter((row) => row >= 0);
  return (
    <div ref={scroller} className={styles.scroll} {...events}>
      <div role="list">
        <Virtualizer ref={list} scrollRef={scroller} data={rows} as={Touchable} item={Visible} keepMounted={kept}>
          {(conversation, index) => (
            <div
              key={conversation?.id ?? 'archive'}
              role="listitem"
              aria-posinset={index + 1}
              aria-setsize={complete ? rows.length : -1}
            >
              {conversation ? (
                <ConversationRow
                  conversation={conversation}
                  selected={conversation.id === chosen}
                  reachable={conversation.id === reachable}
                  today={today}
                  flash={flashes.get(conversation.id)}
                  onFlashed={done}
                />
              ) : (
                archiveButton
              )}
            </div>
          )}
        </Virtualizer>
      </div>
      {children}
    </div>
  );
};

/** The library hides a row until it has measured it, and what is hidden takes no focus. These are all of one height. */
const Visible = ({ style, ref, children }: CustomItemComponentProps) => (
  <div ref={ref} style={{ ...style, visibility: undefined }}>
    {children}
  </div>
);
