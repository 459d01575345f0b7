import type { Client, Conversation } from '@tertulia/client';
import { nameOf } from '../app/client.ts';

interface Found {
  readonly current: readonly Conversation[];
  readonly archived: readonly Conversation[];
}

/** The conversations whose name has what is wanted, in the order of the list; all when nothing is. */
export const foundBy = (client: Client, text: string): Found => {
  const wanted = text.trim().toLocaleLowerCase();
  const { all } = client.conversations;
  const found = wanted === '' ? all : all.filter((one) => nameOf(client, one)?.toLocaleLowerCase().includes(wanted));
  return {
    current: found.filter(({ view }) => !view.archived),
    archived: found.filter(({ view }) => view.archived),
  };
};
