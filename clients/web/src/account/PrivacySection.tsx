import { useEffect, useState } from 'react';
import { useClient } from '../app/client.ts';
import { useAttempt } from '../app/use-attempt.ts';
import { useWords } from '../i18n/words.tsx';
import { Choice } from '../ui/Choice.tsx';
import form from '../ui/form.module.css';
import { useWatched } from '../ui/use-watched.ts';
import styles from './Settings.module.css';

/** Shown once it is known how it is set: a server that is too old for it says nothing. */
export const PrivacySection = () => {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const status = useWatched(client, (watched) => watched.status);
  const [visible, setVisible] = useState<boolean>();
  useEffect(() => {
    let left = false;
    if (status === 'online')
      client.call('user.me', {}).then(
        ({ lastSeenVisible }: { readonly lastSeenVisible?: boolean }) => !left && setVisible(lastSeenVisible),
        () => {}, // asked again with the next connection
      );
    return () => {
      left = true;
    };
  }, [client, status]);
  if (visible === undefined) return null;
  const change = async (wanted: boolean) => {
    setVisible(wanted);
    if (!(await attempt(client.call('user.update', { lastSeenVisible: wanted })))) setVisible(!wanted);
  };
  return (
    <section className={styles.section} aria-labelledby="privacy">
      <h3 id="privacy">{t('settings.privacy')}</h3>
      <div>
        <Choice asSwitch checked={visible} onChange={({ target }) => void change(target.checked)}>
          {t('settings.lastSeen.label')}
        </Choice>
        <p className={form.hint}>{t('settings.lastSeen.hint')}</p>
      </div>
    </section>
  );
};
