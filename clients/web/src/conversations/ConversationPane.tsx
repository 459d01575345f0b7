import type { Client } from '@tertulia/client';
import { useState } from 'react';
import { useClient } from '../app/client.ts';
import { chatPlace, type Place } from '../app/place.ts';
import { linkTo, router } from '../app/router.ts';
import { FILTER_ID } from '../app/use-hotkeys.ts';
import { useWords } from '../i18n/words.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { below, useMenu } from '../ui/menu.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { ConversationList } from './ConversationList.tsx';
import { foundBy } from './found.ts';
import { NewChatDialog } from './NewChatDialog.tsx';
import { NewGroupDialog } from './NewGroupDialog.tsx';
import styles from './ConversationPane.module.css';

/** The left side: whom one talks with. */
export const ConversationPane = ({ place }: { place: Place }) => {
  const { t } = useWords();
  const client = useClient();
  const me = useWatched(client, (watched) => watched.me);
  const menu = useMenu();
  const [filter, setFilter] = useState('');
  const [dialog, setDialog] = useState<'chat' | 'group'>();
  return (
    <nav className={styles.pane} aria-label={t('list.label')}>
      <header className={styles.header}>
        <h1 className={styles.title}>{t('app.name')}</h1>
        <IconButton
          icon="plus"
          label={t('list.new')}
          aria-haspopup="menu"
          onClick={({ currentTarget }) =>
            menu({
              label: t('list.new'),
              at: below(currentTarget),
              items: [
                { label: t('list.newChat'), icon: 'person', run: () => setDialog('chat') },
                { label: t('list.newGroup'), icon: 'group', run: () => setDialog('group') },
              ],
            })
          }
        />
        <a
          className={styles.settings}
          {...linkTo({ at: 'settings' })}
          aria-label={t('list.settings')}
          title={me ? `${t('list.settings')} (${me.displayName})` : t('list.settings')}
          aria-current={place.at === 'settings' ? 'page' : undefined}
        >
          <Icon name="settings" />
        </a>
      </header>
      <div className={styles.filter} role="search">
        <Icon name="search" />
        <input
          id={FILTER_ID}
          type="search"
          dir="auto"
          placeholder={t('list.filter')}
          aria-label={t('list.filter')}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') setFilter('');
            if (event.key === 'Enter' && !event.nativeEvent.isComposing) openFirst(client, filter);
          }}
        />
      </div>
      <ConversationList
        place={place}
        filter={filter}
        onNewChat={() => setDialog('chat')}
        onNewGroup={() => setDialog('group')}
      />
      {dialog === 'chat' && <NewChatDialog onClose={() => setDialog(undefined)} />}
      {dialog === 'group' && <NewGroupDialog onClose={() => setDialog(undefined)} />}
    </nav>
  );
};

/** Of what is found; where nothing is looked for, those in the archive are folded away. */
const openFirst = (client: Client, filter: string): void => {
  const { current, archived } = foundBy(client, filter);
  const first = current[0] ?? (filter.trim() === '' ? undefined : archived[0]);
  if (first) router.go(chatPlace(first.id));
};
