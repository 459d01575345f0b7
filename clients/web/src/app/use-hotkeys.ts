import type { Client } from '@tertulia/client';
import { useEffect } from 'react';
import { chatPlace } from './place.ts';
import { router } from './router.ts';

/** Where Ctrl+K leads. */
export const FILTER_ID = 'filter';

/** Keys that work everywhere but in dialogs, which keep theirs to themselves. */
export const useHotkeys = (client: Client): void => {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('dialog[open]')) return;
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        document.getElementById(FILTER_ID)?.focus();
      }
      if (event.altKey && !event.ctrlKey && !event.metaKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
        event.preventDefault();
        step(client, event.key === 'ArrowUp' ? -1 : 1);
      }
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [client]);
};

/** To the conversation above or below, in the order of the list. */
const step = (client: Client, by: 1 | -1): void => {
  const shown = client.conversations.all.filter(({ view }) => !view.archived);
  const { place } = router;
  const now = place.at === 'chat' ? shown.findIndex(({ id }) => id === place.id) : -1;
  const next = now < 0 ? shown[0] : shown[now + by];
  if (next) router.go(chatPlace(next.id), now < 0 ? 'push' : 'replace');
};
