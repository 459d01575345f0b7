import type { Conversation, MessageView } from '@tertulia/client';
import type { ReactNode } from 'react';
import { useClient } from '../app/client.ts';
import { drafts } from '../chat/drafts.ts';
import { displayName, noticeText, useNamesIn } from '../chat/notice-text.tsx';
import { StateMark } from '../chat/StateMark.tsx';
import { useTyping } from '../chat/use-typing.tsx';
import { useWords } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './Preview.module.css';

/** More than a line shows. */
const LONGEST = 200;

/** One line of a conversation's last message, or of what one has begun to write. */
export const Preview = ({ conversation, selected }: { conversation: Conversation; selected: boolean }) => {
  const words = useWords();
  const client = useClient();
  const view = useWatched(conversation, (watched) => watched.view);
  const last = view.lastMessage;
  useNamesIn(last);
  const typing = useTyping(conversation);
  const draft = useWatched(drafts, (kept) => kept.get(conversation.id));
  if (typing !== undefined)
    // Said above the chat already; a screen reader would read the line anew at each letter.
    return (
      <span className={styles.typing} aria-hidden="true" dir="auto">
        {typing}
      </span>
    );
  if (draft.trim() !== '' && !selected)
    return (
      <span className={styles.preview} dir="auto">
        <span className={styles.draft}>{words.t('list.draft')}</span> {oneLine(draft)}
      </span>
    );
  if (!last) return <span className={styles.preview}>{words.t('list.noMessages')}</span>;
  const sender = senderOf(last);
  return (
    <>
      {/* How far it has come is known for chats that were opened: nothing said is better than too little. */}
      {last.state && last.state !== 'sent' && <StateMark state={last.state} />}
      <span className={styles.preview} dir="auto">
        {sender && <span className={styles.sender}>{sender} </span>}
        {contentOf(last)}
      </span>
    </>
  );

  function senderOf(message: MessageView): ReactNode {
    if (view.kind === 'private' || message.notice) return undefined;
    return message.mine ? words.t('list.you') : <bdi>{`${displayName(words, client, message.senderId)}:`}</bdi>;
  }

  function contentOf(message: MessageView): ReactNode {
    if (message.deleted) return <em>{words.t('message.deleted')}</em>;
    if (message.type === 'system') return noticeText(words, client, message);
    return message.text === undefined ? <em>{words.t('message.unsupported')}</em> : oneLine(message.text);
  }
};

const oneLine = (text: string): string => text.slice(0, LONGEST).replaceAll(/\s+/gu, ' ').trim();
