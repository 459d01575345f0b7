import type { Conversation } from '@tertulia/client';
import { useAttempt } from '../app/use-attempt.ts';
import { useWords } from '../i18n/words.tsx';
import { Choice } from '../ui/Choice.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './Details.module.css';

/** The rules of a group, for who may change them. */
export const Policies = ({ conversation }: { conversation: Conversation }) => {
  const { t } = useWords();
  const attempt = useAttempt();
  const { role, membersCanInvite, historyVisible } = useWatched(conversation, ({ view }) => view);
  if (role === 'member') return null;
  return (
    <section className={styles.section}>
      <Choice
        asSwitch
        checked={membersCanInvite}
        onChange={({ target }) => void attempt(conversation.update({ membersCanInvite: target.checked }))}
      >
        {t('details.membersCanInvite')}
      </Choice>
      <Choice
        asSwitch
        checked={historyVisible}
        onChange={({ target }) => void attempt(conversation.update({ historyVisible: target.checked }))}
      >
        {t('details.historyVisible')}
      </Choice>
    </section>
  );
};
