import { useState } from 'react';
import type { SignedIn } from '../session.ts';
import { useWords } from '../i18n/words.tsx';
import { LanguageChoice } from './LanguageChoice.tsx';
import { RegisterForm } from './RegisterForm.tsx';
import { SignInForm } from './SignInForm.tsx';
import styles from './Welcome.module.css';

interface WelcomeProps {
  /** Why one is here again. */
  readonly notice: string | undefined;
  onSignedIn(signedIn: SignedIn): void;
}

export const Welcome = ({ notice, onSignedIn }: WelcomeProps) => {
  const { t } = useWords();
  const [isNew, setIsNew] = useState(false);
  const Form = isNew ? RegisterForm : SignInForm;
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <header className={styles.header}>
          <img src="/favicon.svg" alt="" width="56" height="56" />
          <div>
            <p className={styles.name}>{t('app.name')}</p>
            <p className={styles.lead}>{t('signIn.lead')}</p>
          </div>
        </header>
        {notice && (
          <p className={styles.notice} role="status">
            {notice}
          </p>
        )}
        <Form onSignedIn={onSignedIn} onSwitch={() => setIsNew(!isNew)} />
      </div>
      <footer className={styles.footer}>
        <LanguageChoice />
      </footer>
    </main>
  );
};
