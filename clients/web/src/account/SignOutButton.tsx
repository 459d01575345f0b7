import { useState } from 'react';
import { useSession } from '../app/session-context.ts';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './Settings.module.css';

export const SignOutButton = () => {
  const { t } = useWords();
  const { signedIn, onSignedOut } = useSession();
  const pending = useWatched(signedIn.client, (client) => client.pending);
  const [asking, setAsking] = useState(false);
  const signOut = async () => {
    await signedIn.signOut();
    onSignedOut('notice.signedOut');
  };
  return (
    <div>
      <Button className={styles.out} onClick={() => setAsking(true)}>
        {t('settings.signOut')}
      </Button>
      {asking && (
        <ConfirmDialog
          title={t('settings.signOut.title')}
          text={pending > 0 ? t('settings.signOut.waiting', { count: pending }) : t('settings.signOut.text')}
          submit={t('settings.signOut')}
          danger
          confirm={signOut}
          onClose={() => setAsking(false)}
        />
      )}
    </div>
  );
};
