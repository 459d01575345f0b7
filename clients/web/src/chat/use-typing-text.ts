import type { Conversation } from '@tertulia/client';
import { useClient } from '../app/client.ts';
import { useTypists } from '../app/presence.ts';
import { useWords, type Words } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';

/** Of more than these only the number is told. */
const MOST_NAMES = 2;

/** Who types in a conversation, in words; undefined while nobody does. The server tells of the one that is open. */
export const useTypingText = (conversation: Conversation): string | undefined => {
  const words = useWords();
  const typists = useTypists(conversation.id);
  // Names that are only now fetched are shown when they come.
  const names = useWatched(useClient().users, (users) =>
    typists.map((userId) => users.get(userId)?.displayName ?? '').join('\n'),
  );
  if (typists.length === 0) return undefined;
  return conversation.view.kind === 'group' ? typing(words, names.split('\n')) : words.t('chat.typing');
};

const typing = ({ t, list }: Words, names: readonly string[]): string => {
  if (names.length > MOST_NAMES || names.includes('')) return t('chat.typingMany', { count: names.length });
  return t(names.length === 1 ? 'chat.typingOne' : 'chat.typingTwo', { who: list(names) });
};
