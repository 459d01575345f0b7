import type { Presence, PresenceView } from '@tertulia/client/presence';
import { createContext, use, useEffect } from 'react';
import { useWatched } from '../ui/use-watched.ts';

const PresenceContext = createContext<Presence | undefined>(undefined);
export const PresenceProvider = PresenceContext.Provider;

export const usePresence = (): Presence => {
  const presence = use(PresenceContext);
  if (!presence) throw new Error('outside of PresenceProvider');
  return presence;
};

/** Of a user who is shown here now; undefined until it is known. */
export const usePresenceOf = (userId: string | undefined): PresenceView | undefined => {
  const presence = usePresence();
  useEffect(() => (userId === undefined ? undefined : presence.watch([userId])), [presence, userId]);
  return useWatched(presence, (watched) => (userId === undefined ? undefined : watched.get(userId)));
};

/** Who else types in the conversation that is open. */
export const useTypists = (conversationId: string): readonly string[] =>
  useWatched(usePresence(), (watched) => watched.typing(conversationId));

/** The user looks at this conversation, while the page is seen. */
export const useLooking = (conversationId: string): void => {
  const presence = usePresence();
  useEffect(() => {
    const look = () => presence.look(document.visibilityState === 'visible' ? conversationId : undefined);
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      presence.look(undefined);
    };
  }, [presence, conversationId]);
};
