import type { MessageView } from '@tertulia/client';
import { useUser } from '../app/client.ts';
import { useWatched } from '../ui/use-watched.ts';
import { failureText } from '../app/error-text.ts';
import { useWords, type Words } from '../i18n/words.tsx';
import { Avatar } from '../ui/Avatar.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { below } from '../ui/menu.tsx';
import { useContextMenu } from '../ui/use-context-menu.ts';
import { useChat } from './chat-context.ts';
import type { MessageRowProps } from './MessageRow.tsx';
import { MessageText } from './MessageText.tsx';
import { Quote } from './Quote.tsx';
import { StateMark } from './StateMark.tsx';
import styles from './MessageBubble.module.css';

/** What somebody wrote. */
export const MessageBubble = ({ message, quoted, first, last, active, flash }: MessageRowProps) => {
  const words = useWords();
  const { conversation, openMenu } = useChat();
  const sender = useUser(message.senderId);
  const isGroup = useWatched(conversation, ({ view }) => view.kind === 'group');
  const menu = useContextMenu((at) => openMenu(message, at));
  const named = isGroup && !message.mine;
  return (
    <div className={styles.line} data-mine={message.mine} data-group={named}>
      {named &&
        (last ? (
          <Avatar id={message.senderId} name={sender?.displayName} size="small" />
        ) : (
          <span className={styles.gap} />
        ))}
      <article
        {...menu}
        className={styles.message}
        tabIndex={active ? 0 : -1}
        aria-label={labelOf(words, message, sender?.displayName)}
        data-message={message.id}
        data-state={message.state}
        data-flash={flash}
        data-first={first}
        data-last={last}
      >
        <div className={styles.bubble}>
          {named && first && <bdi className={styles.sender}>{sender?.displayName ?? '…'}</bdi>}
          {message.replyTo !== undefined && !message.deleted && (
            <Quote seq={message.replyTo} quoted={quoted} reachable={active} />
          )}
          <div className={styles.body} dir="auto">
            <Content message={message} reachable={active} />
            <Meta message={message} />
          </div>
          {message.state === 'failed' && <Failure message={message} reachable={active} />}
        </div>
        {!message.deleted && (
          <IconButton
            icon="more"
            label={words.t('message.actions')}
            aria-haspopup="menu"
            className={styles.more}
            tabIndex={active ? 0 : -1}
            onClick={({ currentTarget }) => openMenu(message, below(currentTarget))}
          />
        )}
      </article>
    </div>
  );
};

const Content = ({ message, reachable }: { message: MessageView; reachable: boolean }) => {
  const { t } = useWords();
  if (message.deleted) return <em className={styles.quiet}>{t('message.deleted')}</em>;
  if (message.text === undefined) return <em className={styles.quiet}>{t('message.unsupported')}</em>;
  return (
    <span className={styles.text} data-testid="text">
      <MessageText text={message.text} reachable={reachable} />
    </span>
  );
};

const Meta = ({ message }: { message: MessageView }) => {
  const words = useWords();
  return (
    <span className={styles.meta}>
      {message.edited && !message.deleted && <span>{words.t('message.edited')}</span>}
      <time dateTime={message.sentAt.toISOString()} title={words.moment(message.sentAt)}>
        {words.time(message.sentAt)}
      </time>
      {message.state && !message.deleted && <StateMark state={message.state} />}
    </span>
  );
};

const Failure = ({ message, reachable }: { message: MessageView; reachable: boolean }) => {
  const words = useWords();
  const { retry, discard } = useChat();
  const reason = message.failure ? failureText(words, message.failure) : words.t('error.unknown');
  const tabIndex = reachable ? 0 : -1;
  return (
    <div className={styles.failure}>
      <span>{words.t('message.notSent', { reason })}</span>
      <Button look="link" tabIndex={tabIndex} onClick={() => retry(message)}>
        {words.t('action.retry')}
      </Button>
      <Button look="link" tabIndex={tabIndex} onClick={() => discard(message)}>
        {words.t('action.discard')}
      </Button>
    </div>
  );
};

/** The whole message in one breath, for who moves through messages without seeing them. */
const labelOf = (words: Words, message: MessageView, name: string | undefined): string => {
  const { t } = words;
  const who = message.mine ? t('message.you') : (name ?? t('message.someone'));
  const what = message.deleted ? t('message.deleted') : (message.text ?? t('message.unsupported'));
  const marks = [
    message.edited && !message.deleted && t('message.edited'),
    message.state && t(`message.${message.state}`),
  ];
  return [`${who}, ${words.time(message.sentAt)}: ${what}`, ...marks.filter((mark) => mark)].join(', ');
};
