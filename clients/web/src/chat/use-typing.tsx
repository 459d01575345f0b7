import type { Conversation } from '@tertulia/client';
import type { ReactNode } from 'react';
import { useClient } from '../app/client.ts';
import { useTypists } from '../app/presence.ts';
import { useWords, type Words } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './use-typing.module.css';

/** Of more than these only the number is told. */
const MOST_NAMES = 2;

/** Who types in a conversation, in words; undefined while nobody does. The server tells of the one that is open. */
export const useTyping = (conversation: Conversation): ReactNode | undefined => {
  const words = useWords();
  const typists = useTypists(conversation.id);
  // Names that are only now fetched are shown when they come.
  const names = useWatched(useClient().users, (users) =>
    typists.map((userId) => users.get(userId)?.displayName ?? '').join('\n'),
  );
  if (typists.length === 0) return undefined;
  const isGroup = conversation.view.kind === 'group';
  return <span className={styles.typing}>{isGroup ? sentence(words, names.split('\n')) : words.t('chat.typing')}</span>;
};

const sentence = ({ t, rich, list }: Words, names: readonly string[]): ReactNode => {
  if (names.length > MOST_NAMES || names.includes('')) return t('chat.typingMany', { count: names.length });
  return rich(names.length === 1 ? 'chat.typingOne' : 'chat.typingTwo', {
    who: <bdi className={styles.who}>{list(names)}</bdi>,
  });
};
