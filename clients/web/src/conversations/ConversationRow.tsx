import type { Conversation } from '@tertulia/client';
import { memo } from 'react';
import { useName } from '../app/client.ts';
import { chatPlace } from '../app/place.ts';
import { linkTo } from '../app/router.ts';
import { useWords } from '../i18n/words.tsx';
import { Avatar } from '../ui/Avatar.tsx';
import { Icon } from '../ui/Icon.tsx';
import { PresenceDot } from '../ui/PresenceDot.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { useMuted } from './mute-clock.tsx';
import { Preview } from './Preview.tsx';
import styles from './ConversationRow.module.css';

interface ConversationRowProps {
  readonly conversation: Conversation;
  readonly selected: boolean;
  readonly reachable: boolean;
  readonly today: Date;
  /** The message that draws the eye, once. */
  readonly flash: string | undefined;
  onFlashed(conversationId: string): void;
}

export const ConversationRow = memo((props: ConversationRowProps) => {
  const { conversation, selected, reachable, today, flash, onFlashed } = props;
  const words = useWords();
  const { t } = words;
  const view = useWatched(conversation, (watched) => watched.view);
  const name = useName(conversation);
  const { count, more } = view.unread;
  const muted = useMuted(view);
  return (
    <a
      {...linkTo(chatPlace(conversation.id))}
      className={styles.row}
      tabIndex={reachable ? 0 : -1}
      aria-current={selected ? 'page' : undefined}
      data-conversation={conversation.id}
      data-unread={count > 0}
      data-muted={muted}
    >
      {/* A new element for each new message: its animation begins anew. */}
      {flash !== undefined && count > 0 && !selected && (
        <span key={flash} className={styles.flash} onAnimationEnd={() => onFlashed(conversation.id)} />
      )}
      <Avatar id={view.otherId ?? view.id} name={name} />
      <span className={styles.text}>
        <span className={styles.top}>
          <bdi className={styles.name}>{name ?? '…'}</bdi>
          {view.otherId !== undefined && <PresenceDot userId={view.otherId} />}
          {muted && (
            <span className={styles.muted} title={t('list.muted')}>
              <Icon name="muted" />
              <span className="visually-hidden">{t('list.muted')}</span>
            </span>
          )}
          <time className={styles.time} dateTime={view.activeAt.toISOString()}>
            {words.shortly(view.activeAt, today)}
          </time>
        </span>
        <span className={styles.bottom}>
          <Preview conversation={conversation} selected={selected} />
          {count > 0 && (
            <span className={styles.badge} data-testid="unread">
              <span aria-hidden="true">{more ? `${words.number(count)}+` : words.number(count)}</span>
              <span className="visually-hidden">{t('list.unread', { count })}</span>
            </span>
          )}
        </span>
      </span>
    </a>
  );
});
