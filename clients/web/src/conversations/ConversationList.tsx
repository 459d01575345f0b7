import type { Conversation } from '@tertulia/client';
import { useState } from 'react';
import { nameOf, useClient, useReady } from '../app/client.ts';
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
  const ready = useReady();
  const all = useWatched(client.conversations, (conversations) => conversations.all);
  const loaded = useWatched(client.conversations, (conversations) => conversations.loaded);
  useChanges(client.users); // names are looked for
  useChanges(client.conversations); // one is archived, and stays the same object in the same place
  const [archiveOpen, setArchiveOpen] = useState(false);
  if (!ready && all.length === 0) return <Skeleton />;
  if (all.length === 0 && loaded) return <Empty onNewChat={onNewChat} onNewGroup={onNewGroup} />;

  const wanted = filter.trim().toLocaleLowerCase();
  const found = wanted === '' ? all : all.filter((one) => nameOf(client, one)?.toLocaleLowerCase().includes(wanted));
  const current = found.filter(({ view }) => !view.archived);
  const archived = found.filter(({ view }) => view.archived);
  const showArchived = archived.length > 0 && (archiveOpen || wanted !== '');
  return (
    <div className={styles.scroll}>
      <Rows conversations={current} place={place} />
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
      {showArchived && <Rows conversations={archived} place={place} />}
    </div>
  );
};

const Rows = ({ conversations, place }: { conversations: readonly Conversation[]; place: Place }) => {
  const today = useToday();
  return (
    <ul>
      {conversations.map((conversation) => (
        <li key={conversation.id} className={styles.item}>
          <ConversationRow
            conversation={conversation}
            selected={place.at === 'chat' && place.id === conversation.id}
            today={today}
          />
        </li>
      ))}
    </ul>
  );
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
