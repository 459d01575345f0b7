import type { Conversation } from '@tertulia/client';
import { useUser } from '../app/client.ts';
import { usePresenceOf } from '../app/presence.ts';
import { useToday } from '../app/use-today.ts';
import { useWords } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { useTyping } from './use-typing.tsx';

/** Below the name of a conversation: who types, else who is there, else what there is to know. */
export const Subtitle = ({ conversation }: { conversation: Conversation }) => {
  const { t, shortly } = useWords();
  const view = useWatched(conversation, (watched) => watched.view);
  const other = useUser(view.otherId);
  const presence = usePresenceOf(view.otherId);
  const typing = useTyping(conversation);
  const today = useToday();
  if (typing !== undefined) return typing;
  if (view.kind === 'group') return t('chat.members', { count: view.memberCount });
  if (presence?.status === 'online') return t('presence.online');
  if (presence?.status === 'away') return t('presence.away');
  if (presence?.lastSeen) return t('presence.lastSeen', { time: shortly(presence.lastSeen, today) });
  return other?.handle ? `@${other.handle}` : null;
};
