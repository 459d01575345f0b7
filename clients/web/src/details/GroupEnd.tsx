import type { Conversation } from '@tertulia/client';
import { useState } from 'react';
import { useClient } from '../app/client.ts';
import { HOME } from '../app/place.ts';
import { router } from '../app/router.ts';
import { useAttempt } from '../app/use-attempt.ts';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './Details.module.css';

/** The ways out of a group. */
export const GroupEnd = ({ conversation }: { conversation: Conversation }) => {
  const { t, rich } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const view = useWatched(conversation, (watched) => watched.view);
  const members = useWatched(conversation, (watched) => watched.members);
  const [asking, setAsking] = useState<'leave' | 'delete'>();
  const lastOwner =
    view.role === 'owner' &&
    members.length > 0 &&
    !members.some(({ userId, role }) => role === 'owner' && userId !== client.userId);
  const goAway = async (deed: Promise<void>) => {
    if (await attempt(deed)) router.go(HOME, 'replace');
  };
  const title = <bdi>{view.title}</bdi>;
  return (
    <section className={styles.end}>
      {lastOwner ? (
        <p className={styles.quiet}>{t('details.leave.lastOwner')}</p>
      ) : (
        <Button onClick={() => setAsking('leave')}>{t('details.leave')}</Button>
      )}
      {view.role === 'owner' && <Button onClick={() => setAsking('delete')}>{t('details.delete')}</Button>}
      {asking === 'leave' && (
        <ConfirmDialog
          title={rich('details.leave.title', { title })}
          text={t('details.leave.text')}
          submit={t('details.leave.submit')}
          danger
          confirm={() => goAway(conversation.leave())}
          onClose={() => setAsking(undefined)}
        />
      )}
      {asking === 'delete' && (
        <ConfirmDialog
          title={rich('details.delete.title', { title })}
          text={t('details.delete.text')}
          submit={t('details.delete.submit')}
          danger
          confirm={() => goAway(conversation.deleteForEverybody())}
          onClose={() => setAsking(undefined)}
        />
      )}
    </section>
  );
};
