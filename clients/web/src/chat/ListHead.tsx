import type { Conversation } from '@tertulia/client';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './ListHead.module.css';

/** Of the same height whatever it says, so that nothing below it moves. */
export const HEAD_PX = 64;

/** What stands above the oldest message. */
export const ListHead = ({ conversation }: { conversation: Conversation }) => {
  const { t } = useWords();
  const { loading, complete, messages } = useWatched(conversation, (watched) => watched.messages);
  const hidden = useWatched(conversation, ({ view }) => view.firstSeq > 1);
  const isFirst = loading === 'first' || loading === 'closed';
  const again = () => void (messages.length > 0 ? conversation.loadOlder() : conversation.open()).catch(() => {});
  return (
    <div className={styles.head} style={{ height: HEAD_PX }} data-first={isFirst}>
      {loading === 'failed' ? (
        <p role="alert">
          {t('chat.loadFailed')}{' '}
          <Button look="link" onClick={again}>
            {t('action.retry')}
          </Button>
        </p>
      ) : isFirst || loading === 'older' ? (
        <p className={styles.late}>
          <Spinner /> {t(isFirst ? 'app.loading' : 'chat.loadingOlder')}
        </p>
      ) : (
        complete && <p>{t(messages.length === 0 ? 'chat.empty' : hidden ? 'chat.beginHidden' : 'chat.begin')}</p>
      )}
    </div>
  );
};
