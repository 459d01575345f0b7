import type { Conversation } from '@tertulia/client';
import { useName } from '../app/client.ts';
import { chatPlace, HOME, type Place } from '../app/place.ts';
import { linkTo, router } from '../app/router.ts';
import { useMuted } from '../conversations/mute-clock.tsx';
import { useWords } from '../i18n/words.tsx';
import { Avatar } from '../ui/Avatar.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { PresenceDot } from '../ui/PresenceDot.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { Subtitle } from './Subtitle.tsx';
import styles from './ChatHeader.module.css';

export const ChatHeader = ({ conversation, details }: { conversation: Conversation; details: boolean }) => {
  const { t } = useWords();
  const view = useWatched(conversation, (watched) => watched.view);
  const name = useName(conversation);
  const muted = useMuted(view);
  const toDetails: Place = { at: 'chat', id: conversation.id, details: true };
  return (
    <header className={styles.header}>
      <IconButton icon="back" label={t('chat.toList')} className={styles.back} onClick={() => router.leaveTo(HOME)} />
      <a className={styles.title} {...linkTo(details ? chatPlace(conversation.id) : toDetails)}>
        <Avatar id={view.otherId ?? view.id} name={name} size="small" />
        <span className={styles.words}>
          <h2 className={styles.name}>
            <bdi>{name ?? '…'}</bdi>
            {view.otherId !== undefined && <PresenceDot userId={view.otherId} />}
            {muted && (
              <span className={styles.muted} title={t('list.muted')}>
                <Icon name="muted" />
                <span className="visually-hidden">{t('list.muted')}</span>
              </span>
            )}
          </h2>
          <span className={styles.sub}>
            <Subtitle conversation={conversation} />
          </span>
        </span>
      </a>
      <IconButton
        icon="info"
        label={t('chat.details')}
        aria-expanded={details}
        onClick={() => (details ? router.leaveTo(chatPlace(conversation.id)) : router.go(toDetails))}
      />
    </header>
  );
};
