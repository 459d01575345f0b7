import type { Conversation, MemberView, Role } from '@tertulia/client';
import { useState } from 'react';
import { useClient, useUser } from '../app/client.ts';
import { chatPlace } from '../app/place.ts';
import { router } from '../app/router.ts';
import { useAttempt } from '../app/use-attempt.ts';
import { useWords } from '../i18n/words.tsx';
import { Avatar } from '../ui/Avatar.tsx';
import { IconButton } from '../ui/Button.tsx';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { below, type MenuItem, useMenu } from '../ui/menu.tsx';
import { PresenceDot } from '../ui/PresenceDot.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './MemberRow.module.css';

export const MemberRow = ({ conversation, member }: { conversation: Conversation; member: MemberView }) => {
  const { t, rich } = useWords();
  const client = useClient();
  const user = useUser(member.userId);
  const own = useWatched(conversation, ({ view }) => view.role);
  const menu = useMenu();
  const attempt = useAttempt();
  const [removing, setRemoving] = useState(false);
  const name = user?.displayName ?? '…';
  const isMe = member.userId === client.userId;

  const write = async () => router.go(chatPlace((await client.conversations.with(member.userId)).id));
  const become = (role: Role, label: string): readonly MenuItem[] =>
    own === 'owner' && member.role !== role
      ? [{ label, run: () => void attempt(conversation.setRole(member.userId, role)) }]
      : [];
  const items: readonly MenuItem[] = [
    ...(isMe ? [] : [{ label: t('details.write', { name }), run: () => void attempt(write()) }]),
    ...become('owner', t('details.makeOwner')),
    ...become('admin', t('details.makeAdmin')),
    ...become('member', t('details.makeMember')),
    ...(!isMe && mayRemove(own, member.role)
      ? [{ label: t('details.removeMember'), danger: true, run: () => setRemoving(true) }]
      : []),
  ];
  return (
    <li className={styles.member}>
      <Avatar id={member.userId} name={user?.displayName} size="small" />
      <span className={styles.words}>
        <span className={styles.name}>
          <bdi>{name}</bdi> {!isMe && <PresenceDot userId={member.userId} />}
          {isMe && ` (${t('details.you')})`}
        </span>
        <span className={styles.sub}>
          {[user?.handle && `@${user.handle}`, member.role !== 'member' && t(`details.role.${member.role}`)]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </span>
      {items.length > 0 && (
        <IconButton
          icon="more"
          label={t('details.memberActions', { name })}
          aria-haspopup="menu"
          onClick={({ currentTarget }) =>
            menu({ label: t('details.memberActions', { name }), at: below(currentTarget), items })
          }
        />
      )}
      {removing && (
        <ConfirmDialog
          title={rich('details.removeMember.title', { name: <bdi>{name}</bdi> })}
          text={t('details.removeMember.text')}
          submit={t('details.removeMember')}
          danger
          confirm={async () => void (await attempt(conversation.removeMember(member.userId)))}
          onClose={() => setRemoving(false)}
        />
      )}
    </li>
  );
};

const mayRemove = (own: Role, theirs: Role): boolean => own === 'owner' || (own === 'admin' && theirs === 'member');
