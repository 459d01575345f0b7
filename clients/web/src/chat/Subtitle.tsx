import type { Conversation } from '@tertulia/client';
import { useClient, useUser } from '../app/client.ts';
import { usePresenceOf, useTypists } from '../app/presence.ts';
import { useToday } from '../app/use-today.ts';
import { useWords, type Words } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';

/** Of more than these only the number is told. */
const MOST_NAMES = 2;

/** Below the name of a conversation: who types, else who is there, else what there is to know. */
export const Subtitle = ({ conversation }: { conversation: Conversation }) => {
  const words = useWords();
  const client = useClient();
  const view = useWatched(conversation, (watched) => watched.view);
  const other = useUser(view.otherId);
  const presence = usePresenceOf(view.otherId);
  const typists = useTypists(conversation.id);
  const today = useToday();
  // Names that are only now fetched are shown when they come.
  const names = useWatched(client.users, (users) =>
    typists.map((userId) => users.get(userId)?.displayName ?? '').join('\n'),
  );
  const { t } = words;
  if (typists.length > 0) return view.kind === 'group' ? typing(words, names.split('\n')) : t('chat.typing');
  if (view.kind === 'group') return t('chat.members', { count: view.memberCount });
  if (presence?.status === 'online') return t('presence.online');
  if (presence?.status === 'away') return t('presence.away');
  if (presence?.lastSeen) return t('presence.lastSeen', { time: words.shortly(presence.lastSeen, today) });
  return other?.handle ? `@${other.handle}` : null;
};

const typing = ({ t, list }: Words, names: readonly string[]): string => {
  if (names.length > MOST_NAMES || names.includes('')) return t('chat.typingMany', { count: names.length });
  return t(names.length === 1 ? 'chat.typingOne' : 'chat.typingTwo', { who: list(names) });
};
