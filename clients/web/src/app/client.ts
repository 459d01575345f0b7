import type { Client, Conversation, UserView } from '@tertulia/client';
import { createContext, use } from 'react';
import { useWatched } from '../ui/use-watched.ts';

const ClientContext = createContext<Client | undefined>(undefined);
export const ClientProvider = ClientContext.Provider;

export const useClient = (): Client => {
  const client = use(ClientContext);
  if (!client) throw new Error('outside of ClientProvider');
  return client;
};

/** Undefined until it is known. */
export const useUser = (id: string | undefined): UserView | undefined =>
  useWatched(useClient().users, (users) => (id === undefined ? undefined : users.get(id)));

/** The title of a group, the other's name of a private conversation; undefined until it is known. */
export const nameOf = (client: Client, { view }: Conversation): string | undefined =>
  view.kind === 'group' ? view.title : view.otherId && client.users.get(view.otherId)?.displayName;

export const useName = (conversation: Conversation): string | undefined => {
  const client = useClient();
  useWatched(conversation, (watched) => watched.view.title);
  return useWatched(client.users, () => nameOf(client, conversation));
};
