import type { Conversation } from '@tertulia/client';
import { useEffect, useRef } from 'react';
import { useName, useUser } from '../app/client.ts';
import { chatPlace } from '../app/place.ts';
import { router } from '../app/router.ts';
import { useWords } from '../i18n/words.tsx';
import { Avatar } from '../ui/Avatar.tsx';
import { IconButton } from '../ui/Button.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { BlockButton } from './BlockButton.tsx';
import { GroupEnd } from './GroupEnd.tsx';
import { GroupTitle } from './GroupTitle.tsx';
import { Members } from './Members.tsx';
import { OwnSettings } from './OwnSettings.tsx';
import { Policies } from './Policies.tsx';
import styles from './Details.module.css';

/** Who is here, and how one wants to hear of it. */
export const Details = ({ conversation }: { conversation: Conversation }) => {
  const { t } = useWords();
  const view = useWatched(conversation, (watched) => watched.view);
  const name = useName(conversation);
  const other = useUser(view.otherId);
  const panel = useRef<HTMLElement>(null);
  const close = () => router.leaveTo(chatPlace(conversation.id));
  useEffect(() => panel.current?.focus(), []);
  return (
    <aside
      ref={panel}
      className={styles.panel}
      aria-label={t('details.title')}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) close();
      }}
    >
      <header className={styles.header}>
        <h2>{t('details.title')}</h2>
        <IconButton icon="close" label={t('details.close')} onClick={close} />
      </header>
      <div className={styles.scroll}>
        <div className={styles.who}>
          <Avatar id={view.otherId ?? view.id} name={name} size="large" />
          {view.kind === 'group' ? (
            <GroupTitle conversation={conversation} />
          ) : (
            <>
              <p className={styles.name}>
                <bdi>{name ?? '…'}</bdi>
              </p>
              {other?.handle && <p className={styles.handle}>@{other.handle}</p>}
            </>
          )}
        </div>
        <OwnSettings conversation={conversation} />
        {view.kind === 'group' && <Policies conversation={conversation} />}
        {view.kind === 'group' && <Members conversation={conversation} />}
        {view.kind === 'group' && <GroupEnd conversation={conversation} />}
        {view.otherId && <BlockButton userId={view.otherId} name={name ?? '…'} />}
      </div>
    </aside>
  );
};
