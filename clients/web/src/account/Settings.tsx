import { HOME } from '../app/place.ts';
import { router } from '../app/router.ts';
import { useWords } from '../i18n/words.tsx';
import { IconButton } from '../ui/Button.tsx';
import { AppearanceSection } from './AppearanceSection.tsx';
import { PasswordSection } from './PasswordSection.tsx';
import { PrivacySection } from './PrivacySection.tsx';
import { ProfileSection } from './ProfileSection.tsx';
import { SessionsSection } from './SessionsSection.tsx';
import { SignOutButton } from './SignOutButton.tsx';
import { SoundsSection } from './SoundsSection.tsx';
import styles from './Settings.module.css';

export const Settings = () => {
  const { t } = useWords();
  return (
    <main
      className={styles.settings}
      id="main"
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.defaultPrevented) router.leaveTo(HOME);
      }}
    >
      <header className={styles.header}>
        <IconButton icon="back" label={t('chat.toList')} onClick={() => router.leaveTo(HOME)} />
        <h2>{t('settings.title')}</h2>
      </header>
      <div className={styles.scroll}>
        <ProfileSection />
        <AppearanceSection />
        <SoundsSection />
        <PrivacySection />
        <SessionsSection />
        <PasswordSection />
        <SignOutButton />
      </div>
    </main>
  );
};
