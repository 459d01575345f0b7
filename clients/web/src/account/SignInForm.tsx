import { type SubmitEvent, useState } from 'react';
import { errorText } from '../app/error-text.ts';
import { useWords } from '../i18n/words.tsx';
import { signIn, type SignedIn } from '../session.ts';
import { Field } from '../ui/Field.tsx';
import form from '../ui/form.module.css';
import { handleOf } from './credential-errors.ts';
import { FormEnd } from './FormEnd.tsx';
import { PasswordField } from './PasswordField.tsx';
import styles from './Welcome.module.css';

interface SignInFormProps {
  onSignedIn(signedIn: SignedIn): void;
  onSwitch(): void;
}

export const SignInForm = ({ onSignedIn, onSwitch }: SignInFormProps) => {
  const words = useWords();
  const { t } = words;
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [remember, setRemember] = useState(true);
  const [missing, setMissing] = useState({ login: false, password: false });
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const lacks = { login: login.trim() === '', password: password === '' };
    setMissing(lacks);
    setProblem(undefined);
    if (lacks.login || lacks.password || busy) return;
    setBusy(true);
    try {
      onSignedIn(await signIn({ login: login.includes('@', 1) ? login.trim() : handleOf(login), password, remember }));
    } catch (error) {
      setProblem(errorText(words, error));
      setBusy(false);
    }
  };

  return (
    <form className={form.form} onSubmit={(event) => void submit(event)} noValidate>
      <h1 className={styles.title}>{t('signIn.title')}</h1>
      <Field
        label={t('field.login')}
        name="login"
        autoComplete="username"
        autoCapitalize="off"
        spellCheck={false}
        autoFocus
        value={login}
        error={missing.login ? t('field.error.required') : undefined}
        onChange={(event) => setLogin(event.target.value)}
      />
      <PasswordField
        label={t('field.password')}
        name="password"
        kind="current"
        value={password}
        error={missing.password ? t('field.error.required') : undefined}
        onChange={setPassword}
      />
      <FormEnd
        remember={remember}
        onRemember={setRemember}
        problem={problem}
        busy={busy}
        submit={t('signIn.submit')}
        elsewhere={t('signIn.toRegister')}
        onSwitch={onSwitch}
      />
    </form>
  );
};
