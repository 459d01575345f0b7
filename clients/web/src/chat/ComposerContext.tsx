import type { Client } from '@tertulia/client';
import { useWords } from '../i18n/words.tsx';
import { IconButton } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import type { Composing } from './Composer.tsx';
import { displayName } from './notice-text.tsx';
import styles from './ComposerContext.module.css';

interface ComposerContextProps {
  readonly composing: Composing;
  readonly client: Client;
  onCancel(): void;
}

/** What is being answered or changed. */
export const ComposerContext = ({ composing: { editing, replyTo }, client, onCancel }: ComposerContextProps) => {
  const words = useWords();
  const { t, rich } = words;
  const message = editing ?? replyTo;
  if (!message) return null;
  return (
    <div className={styles.context}>
      <Icon name={editing ? 'edit' : 'reply'} />
      <div className={styles.words}>
        <p className={styles.what}>
          {editing
            ? t('composer.editing')
            : rich('composer.replyingTo', { name: <bdi>{displayName(words, client, message.senderId)}</bdi> })}
        </p>
        <p className={styles.text} dir="auto">
          {message.text?.slice(0, 200)}
        </p>
      </div>
      <IconButton icon="close" label={t('composer.cancel')} onClick={onCancel} />
    </div>
  );
};
