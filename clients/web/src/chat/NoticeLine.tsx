import { useClient } from '../app/client.ts';
import { useWords } from '../i18n/words.tsx';
import type { MessageRowProps } from './MessageRow.tsx';
import { noticeText, useNamesIn } from './notice-text.tsx';
import styles from './NoticeLine.module.css';

/** An entry that the server wrote. */
export const NoticeLine = ({ message, active, flash }: MessageRowProps) => {
  const words = useWords();
  const client = useClient();
  useNamesIn(message);
  return (
    <div className={styles.line}>
      <p
        role="article"
        className={styles.notice}
        tabIndex={active ? 0 : -1}
        data-message={message.id}
        data-flash={flash}
        title={words.moment(message.sentAt)}
      >
        {noticeText(words, client, message)}
      </p>
    </div>
  );
};
