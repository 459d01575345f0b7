import type { Conversation } from '@tertulia/client';
import { useWords } from '../i18n/words.tsx';
import { Icon } from '../ui/Icon.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './JumpToNewest.module.css';

export const JumpToNewest = ({ conversation, onJump }: { conversation: Conversation; onJump(): void }) => {
  const { t, number } = useWords();
  const { count, more } = useWatched(conversation, ({ view }) => view.unread);
  const label = count > 0 ? t('chat.jumpCount', { count }) : t('chat.jump');
  return (
    <button type="button" className={styles.jump} aria-label={label} title={label} onClick={onJump}>
      <Icon name="down" />
      {count > 0 && <span className={styles.count}>{more ? `${number(count)}+` : number(count)}</span>}
    </button>
  );
};
