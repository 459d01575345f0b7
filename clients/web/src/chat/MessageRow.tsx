import type { MessageView } from '@tertulia/client';
import { memo } from 'react';
import { useToday } from '../app/use-today.ts';
import { daysBetween } from '../i18n/formats.ts';
import { useWords } from '../i18n/words.tsx';
import { MessageBubble } from './MessageBubble.tsx';
import { NoticeLine } from './NoticeLine.tsx';
import type { Row } from './rows.ts';
import styles from './MessageRow.module.css';

export interface MessageRowProps extends Row {
  readonly quoted: MessageView | undefined;
  /** The one that Tab reaches. */
  readonly active: boolean;
  /** One was just led here. */
  readonly flash: boolean;
  readonly newest: boolean;
}

/** One entry of the log, with what separates it from the one before. */
export const MessageRow = memo((row: MessageRowProps) => (
  <div className={styles.row} data-newest={row.newest} data-first={row.first}>
    {row.day && <DaySeparator day={row.message.sentAt} />}
    {row.unread && <UnreadDivider />}
    {row.message.type === 'system' ? <NoticeLine {...row} /> : <MessageBubble {...row} />}
  </div>
));

const DaySeparator = ({ day }: { day: Date }) => {
  const words = useWords();
  const today = useToday();
  const ago = daysBetween(day, today);
  const name = ago === 0 ? words.t('chat.today') : ago === 1 ? words.t('chat.yesterday') : words.day(day, today);
  return (
    <div className={styles.day}>
      <span>{name}</span>
    </div>
  );
};

const UnreadDivider = () => {
  const { t } = useWords();
  return (
    <div className={styles.unread} data-testid="unread-divider">
      <span>{t('chat.unread')}</span>
    </div>
  );
};
