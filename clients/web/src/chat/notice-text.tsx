import type { Client, MessageView } from '@tertulia/client';
import type { ReactNode } from 'react';
import { useClient } from '../app/client.ts';
import type { Words } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';

/** Names beyond these are counted. */
const NAMED = 3;

/** Rendered again when one of the names that a message shows becomes known or changes; those of others are no concern. */
export const useNamesIn = (message: MessageView | undefined): void => {
  const ids = message ? [message.senderId, ...usersIn(message)] : [];
  useWatched(useClient().users, (users) => ids.map((id) => users.get(id)?.displayName ?? '').join('\0'));
};

const usersIn = ({ notice }: MessageView): readonly string[] => {
  if (!notice) return [];
  if ('users' in notice) return notice.users.slice(0, NAMED);
  return 'user' in notice ? [notice.user] : [];
};

/** The words of a system entry. Names are isolated, so that their direction doesn't spill into the sentence. */
export const noticeText = (words: Words, client: Client, { notice, senderId }: MessageView): ReactNode => {
  const { rich, t } = words;
  const name = (id: string) => <bdi>{nameOrSomebody(words, client, id)}</bdi>;
  switch (notice?.event) {
    case 'conversation.created':
      return rich('system.created', { who: name(senderId) });
    case 'conversation.renamed':
      return rich('system.renamed', { who: name(senderId), title: <bdi>{notice.title}</bdi> });
    case 'members.added':
      return added(words, client, name(senderId), notice.users);
    case 'member.removed':
      return rich('system.removed', { who: name(senderId), user: name(notice.user) });
    case 'member.left':
      return rich('system.left', { user: name(notice.user) });
    case 'member.role_changed':
      return rich(`system.role.${notice.role}`, { who: name(senderId), user: name(notice.user) });
    case undefined:
      return t('system.unknown');
  }
};

const added = (words: Words, client: Client, who: ReactNode, users: readonly string[]): ReactNode => {
  const named = users.slice(0, NAMED).map((id) => nameOrSomebody(words, client, id));
  const count = users.length - named.length;
  if (count === 0) return words.rich('system.added', { who, users: <bdi>{words.list(named)}</bdi> });
  return words.rich('system.addedMany', { who, users: <bdi>{named.join(', ')}</bdi>, count });
};

/** “You” for oneself; not for sentences, whose verbs would have to follow. */
export const displayName = (words: Words, client: Client, id: string): string =>
  id === client.userId ? words.t('message.you') : nameOrSomebody(words, client, id);

const nameOrSomebody = ({ t }: Words, client: Client, id: string): string =>
  (client.users.get(id) ?? (id === client.userId ? client.me : undefined))?.displayName ?? t('message.someone');
