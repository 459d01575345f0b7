import type { Conversation } from '@tertulia/client';
import { type KeyboardEvent, useState } from 'react';
import { nameOf, useClient } from '../app/client.ts';
import type { Place } from '../app/place.ts';
import { useToday } from '../app/use-today.ts';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { useChanges, useWatched } from '../ui/use-watched.ts';
import { ConversationRow } from './ConversationRow.tsx';
import { Skeleton } from './Skeleton.tsx';
import styles from './ConversationList.module.css';

interface ConversationListProps {
  readonly place: Place;
  readonly filter: string;
  onNewChat(): void;
  onNewGroup(): void;
}

export const ConversationList = ({ place, filter, onNewChat, onNewGroup }: ConversationListProps) => {
  const { t } = useWords();
  const client = useClient();
  const all = useWatched(client.conversations, (conversations) => conversations.all);
  const loaded = useWatched(client.conversations, (conversations) => conversations.loaded);
  useChanges(client.users); // names are looked for
  useChanges(client.conversations); // one is archived, and stays the same object in the same place
  const [archiveOpen, setArchiveOpen] = useState(false);
  if (all.length === 0) return loaded ? <Empty onNewChat={onNewChat} onNewGroup={onNewGroup} /> : <Skeleton />;

  const wanted = filter.trim().toLocaleLowerCase();
  const found = wanted === '' ? all : all.filter((one) => nameOf(client, one)?.toLocaleLowerCase().includes(wanted));
  const current = found.filter(({ view }) => !view.archived);
  const archived = found.filter(({ view }) => view.archived);
  const showArchived = archived.length > 0 && (archiveOpen || wanted !== '');
  const shown = showArchived ? [...current, ...archived] : current;
  const chosen = place.at === 'chat' ? place.id : undefined;
  const reachable = shown.some(({ id }) => id === chosen) ? chosen : shown[0]?.id;
  return (
    <div className={styles.scroll} onKeyDown={stepThroughLinks}>
      <Rows conversations={current} chosen={chosen} reachable={reachable} />
      {found.length === 0 && loaded && <p className={styles.quiet}>{t('list.noMatch')}</p>}
      {!loaded && <p className={styles.quiet}>{t('list.more')}</p>}
      {archived.length > 0 && (
        <button
          type="button"
          className={styles.archive}
          aria-expanded={showArchived}
          onClick={() => setArchiveOpen(!archiveOpen)}
        >
          <Icon name="archive" />
          <span>{t('list.archived.count', { count: archived.length })}</span>
          <Icon name="down" />
        </button>
      )}
      {showArchived && <Rows conversations={archived} chosen={chosen} reachable={reachable} />}
    </div>
  );
};

interface RowsProps {
  readonly conversations: readonly Conversation[];
  readonly chosen: string | undefined;
  /** The one that Tab reaches; the arrow keys reach the others. */
  readonly reachable: string | undefined;
}

const Rows = ({ conversations, chosen, reachable }: RowsProps) => {
  const today = useToday();
  return (
    <ul>
      {conversations.map((conversation) => (
        <li key={conversation.id} className={styles.item}>
          <ConversationRow
            conversation={conversation}
            selected={conversation.id === chosen}
            reachable={conversation.id === reachable}
            today={today}
          />
        </li>
      ))}
    </ul>
  );
};

const stepThroughLinks = (event: KeyboardEvent<HTMLElement>) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const links = [...event.currentTarget.querySelectorAll('a')];
  const now = links.indexOf(document.activeElement as HTMLAnchorElement); // −1 for any other element
  const next = { ArrowUp: links[now - 1], ArrowDown: links[now + 1], Home: links[0], End: links.at(-1) }[event.key];
  if (now < 0 || !next) return;
  event.preventDefault();
  next.focus();
};

const Empty = ({ onNewChat, onNewGroup }: { onNewChat(): void; onNewGroup(): void }) => {
  const { t } = useWords();
  return (
    <div className={styles.empty}>
      <h2>{t('list.empty')}</h2>
      <p>{t('list.empty.hint')}</p>
      <Button look="primary" onClick={onNewChat}>
        {t('list.newChat')}
      </Button>
      <Button onClick={onNewGroup}>{t('list.newGroup')}</Button>
    </div>
  );
};
