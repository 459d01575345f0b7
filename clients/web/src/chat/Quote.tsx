import type { MessageView } from '@tertulia/client';
import { useClient } from '../app/client.ts';
import { useWords } from '../i18n/words.tsx';
import { useChat } from './chat-context.ts';
import { displayName, useNamesIn } from './notice-text.tsx';
import styles from './Quote.module.css';

interface QuoteProps {
  readonly seq: number;
  /** Undefined while it is not loaded. */
  readonly quoted: MessageView | undefined;
  readonly reachable: boolean;
}

/** What a message answers; leads there. */
export const Quote = ({ seq, quoted, reachable }: QuoteProps) => {
  const { t } = useWords();
  const { jumpTo } = useChat();
  return (
    <button
      type="button"
      className={styles.quote}
      tabIndex={reachable ? 0 : -1}
      title={t('message.jumpToQuoted')}
      onClick={() => jumpTo(seq)}
    >
      {quoted ? <QuotedLine message={quoted} /> : <span className={styles.text}>{t('message.replyGone')}</span>}
    </button>
  );
};

/** Name and first words, each isolated from the other's direction. */
export const QuotedLine = ({ message }: { message: MessageView }) => {
  const words = useWords();
  const client = useClient();
  useNamesIn(message);
  return (
    <>
      <bdi className={styles.name}>{displayName(words, client, message.senderId)}</bdi>
      <span className={styles.text} dir="auto">
        {message.deleted ? words.t('message.deleted') : (message.text?.slice(0, 200) ?? words.t('message.unsupported'))}
      </span>
    </>
  );
};
