import { useState } from 'react';
import { useClient } from '../app/client.ts';
import type { Place } from '../app/place.ts';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { useChanges, useWatched } from '../ui/use-watched.ts';
import { ConversationRows } from './ConversationRows.tsx';
import { foundBy } from './found.ts';
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
  const isEmpty = useWatched(client.conversations, ({ all }) => all.length === 0);
  const loaded = useWatched(client.conversations, (conversations) => conversations.loaded);
  useChanges(client.users); // names are looked for
  useChanges(client.conversations); // one is archived, and stays the same object in the same place
  const [archiveOpen, setArchiveOpen] = useState(false);
  if (isEmpty) return loaded ? <Empty onNewChat={onNewChat} onNewGroup={onNewGroup} /> : <Skeleton />;

  const wanted = filter.trim();
  const { current, archived } = foundBy(client, wanted);
  const showArchived = archiveOpen || wanted !== '';
  const archiveButton = archived.length > 0 && (
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
  );
  return (
    <ConversationRows
      current={current}
      archived={showArchived ? archived : []}
      archiveButton={archiveButton}
      chosen={place.at === 'chat' ? place.id : undefined}
      filter={wanted}
      complete={loaded}
    >
      {loaded && current.length + archived.length === 0 && <p className={styles.quiet}>{t('list.noMatch')}</p>}
      {!loaded && <p className={styles.quiet}>{t('list.more')}</p>}
    </ConversationRows>
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
