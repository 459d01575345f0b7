import type { Incoming } from '@tertulia/client';
import { useEffect, useRef, useState } from 'react';
import { displayName } from '../chat/notice-text.tsx';
import { isLookedAt } from '../chat/use-reading.ts';
import { isMuted } from '../conversations/is-muted.ts';
import { useMuteEnds } from '../conversations/mute-clock.tsx';
import { useWords } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { nameOf, useClient } from './client.ts';
import { showBadge } from './favicon.ts';
import type { Place } from './place.ts';
import { preferences } from './preferences.ts';
import { playSound } from './sound.ts';

/** So many are kept for a screen reader that hasn't come to them yet. */
const SPOKEN = 5;

/** Tells of new messages to who looks elsewhere: title, icon, sound, and words for screen readers. */
export const NewMessages = ({ place }: { place: Place }) => {
  const words = useWords();
  const client = useClient();
  useMuteEnds(); // what is unread there counts again
  const unread = useWatched(client.conversations, (all) => all.unread);
  const [spoken, setSpoken] = useState<readonly { readonly id: string; readonly text: string }[]>([]);
  const open = place.at === 'chat' ? place.id : undefined;

  useEffect(() => {
    const title = words.t('app.name');
    document.title = unread > 0 ? `(${words.number(unread)}) ${title}` : title;
    void showBadge(unread);
  }, [unread, words]);
  useEffect(
    () => () => {
      // Who has signed out has nothing to read.
      document.title = words.t('app.name');
      void showBadge(0);
    },
    [words],
  );

  const heard = useRef<(incoming: Incoming) => void>(undefined);
  heard.current = ({ conversation, message }) => {
    if (message.type === 'system' || isMuted(conversation.view) || conversation.view.archived) return;
    const sender = displayName(words, client, message.senderId);
    const chat = nameOf(client, conversation) ?? '';
    const here = open === conversation.id;
    const text = here
      ? words.t('chat.announce', { sender, text: message.text ?? words.t('message.unsupported') })
      : words.t('chat.announceElsewhere', { sender, chat });
    setSpoken((all) => [...all, { id: message.id, text }].slice(-SPOKEN));
    const { sounds, silent } = preferences.get();
    if (sounds && !silent.includes(conversation.id) && !(here && isLookedAt())) void playSound();
  };
  useEffect(() => client.on('message', (incoming) => heard.current?.(incoming)), [client]);

  return (
    <div className="visually-hidden" role="log" aria-live="polite" aria-relevant="additions">
      {spoken.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
};
