import type { Conversation, MessageView } from '@tertulia/client';
import { Suspense, useEffect, useState } from 'react';
import { useName } from '../app/client.ts';
import { useLooking } from '../app/presence.ts';
import { later } from '../ui/later.ts';
import { Composer, type Composing } from './Composer.tsx';
import { ChatHeader } from './ChatHeader.tsx';
import { BlockedNote } from './BlockedNote.tsx';
import { MessageList } from './MessageList.tsx';
import { indexOfSeq } from './rows.ts';
import { useMessageDeeds } from './use-message-deeds.tsx';
import { useUnreadFrom } from './use-unread-from.ts';
import styles from './ChatPane.module.css';

const Details = later(async () => (await import('../details/Details.tsx')).Details);

export const ChatPane = ({ conversation, details }: { conversation: Conversation; details: boolean }) => {
  const name = useName(conversation);
  const [composing, setComposing] = useState<Composing>({});
  useLooking(conversation.id);
  const { unreadFrom, forget } = useUnreadFrom(conversation);
  const opened = useOpened(conversation, unreadFrom);
  const { deeds, dialog } = useMessageDeeds(conversation, setComposing);
  return (
    <div className={styles.layout} data-details={details}>
      <main className={styles.chat} id="main" aria-label={name}>
        <ChatHeader conversation={conversation} details={details} />
        <MessageList conversation={conversation} unreadFrom={unreadFrom} opened={opened} deeds={deeds} />
        <BlockedNote conversation={conversation}>
          <Composer
            conversation={conversation}
            composing={composing}
            onDone={() => {
              forget();
              setComposing({});
            }}
            onEditLast={() => {
              const last = conversation.messages.messages.findLast(isEditable);
              if (last) setComposing({ editing: last });
            }}
          />
        </BlockedNote>
      </main>
      {details && (
        <Suspense>
          <Details conversation={conversation} />
        </Suspense>
      )}
      {dialog}
    </div>
  );
};

const isEditable = ({ mine, seq, text, deleted }: MessageView): boolean =>
  mine && seq !== undefined && text !== undefined && !deleted;

/** Keeps the window while this is shown. True once it reaches back to what is new. */
const useOpened = (conversation: Conversation, unreadFrom: number | undefined): boolean => {
  const [opened, setOpened] = useState(() => reaches(conversation, unreadFrom));
  useEffect(() => {
    let left = false;
    const open = async () => {
      await conversation.open();
      if (!reaches(conversation, unreadFrom) && unreadFrom !== undefined) await conversation.loadBackTo(unreadFrom);
    };
    // What is missing is said, with a way to try again, by the head of the list.
    void open()
      .catch(() => {})
      .then(() => !left && setOpened(true));
    return () => {
      left = true;
      conversation.close();
    };
    // Only where it began: the divider may go later.
  }, [conversation]);
  return opened;
};

const reaches = ({ messages: { messages, complete } }: Conversation, unreadFrom: number | undefined): boolean =>
  messages[0]?.seq !== undefined && (complete || unreadFrom === undefined || indexOfSeq(messages, unreadFrom) >= 0);
