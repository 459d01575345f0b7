import type { Conversation, MemberView } from '@tertulia/client';
import { useEffect, useState } from 'react';
import { useClient } from '../app/client.ts';
import { errorText } from '../app/error-text.ts';
import { HandleField } from '../conversations/HandleField.tsx';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { useChanges, useWatched } from '../ui/use-watched.ts';
import { MemberRow } from './MemberRow.tsx';
import styles from './Details.module.css';

/** Beyond this many members names are not looked for, and the order within a role is that of the server. */
const MOST_SORTED = 500;
const SHOWN_AT_ONCE = 200;

const rank = { owner: 0, admin: 1, member: 2 } as const;

export const Members = ({ conversation }: { conversation: Conversation }) => {
  const words = useWords();
  const { t } = words;
  const client = useClient();
  useChanges(client.users);
  const [shown, setShown] = useState(SHOWN_AT_ONCE);
  const members = useWatched(conversation, (watched) => watched.members);
  const view = useWatched(conversation, (watched) => watched.view);
  const status = useWatched(client, (watched) => watched.status);
  useEffect(() => {
    // What fails for lack of a connection is asked again when there is one.
    if (status === 'online') void conversation.loadMembers().catch(() => {});
  }, [conversation, status]);
  const nameOf = ({ userId }: MemberView) => client.users.get(userId)?.displayName ?? '';
  const byName = (a: MemberView, b: MemberView) =>
    members.length > MOST_SORTED ? 0 : words.compare(nameOf(a), nameOf(b));
  const sorted = members.toSorted((a, b) => rank[a.role] - rank[b.role] || byName(a, b));
  const mayAdd = view.role !== 'member' || view.membersCanInvite;
  return (
    <section className={styles.section} aria-label={t('details.members')}>
      <h3>{t('chat.members', { count: view.memberCount })}</h3>
      {mayAdd && (
        <HandleField
          label={t('details.addMember')}
          onFound={(user) =>
            conversation.addMembers([user.id]).then(
              () => undefined,
              (error: unknown) => errorText(words, error),
            )
          }
        />
      )}
      {members.length === 0 && <p className={styles.quiet}>{t('details.membersLoading')}</p>}
      <ul>
        {sorted.slice(0, shown).map((member) => (
          <MemberRow key={member.userId} conversation={conversation} member={member} />
        ))}
      </ul>
      {sorted.length > shown && (
        <Button onClick={() => setShown(shown + SHOWN_AT_ONCE)}>{t('details.membersMore')}</Button>
      )}
    </section>
  );
};
