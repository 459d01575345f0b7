import { type SubmitEvent, useState } from 'react';
import { errorText } from '../app/error-text.ts';
import type { PlainKey } from '../i18n/texts.ts';
import { useWords } from '../i18n/words.tsx';
import { register, type SignedIn } from '../session.ts';
import { Field } from '../ui/Field.tsx';
import form from '../ui/form.module.css';
import {
  type FieldErrors,
  handleError,
  handleOf,
  isEmpty,
  nameError,
  newPasswordError,
  refusedErrors,
} from './credential-errors.ts';
import { FormEnd } from './FormEnd.tsx';
import { PasswordField } from './PasswordField.tsx';
import styles from './Welcome.module.css';

const FIELDS = ['displayName', 'handle', 'password'] as const;

interface RegisterFormProps {
  onSignedIn(signedIn: SignedIn): void;
  onSwitch(): void;
}

export const RegisterForm = ({ onSignedIn, onSwitch }: RegisterFormProps) => {
  const words = useWords();
  const { t } = words;
  const [typed, setTyped] = useState({ displayName: '', handle: '', password: '' });
  const [remember, setRemember] = useState(true);
  const [errors, setErrors] = useState<FieldErrors<(typeof FIELDS)[number]>>({});
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const change = (part: Partial<typeof typed>) => setTyped({ ...typed, ...part });
  const say = (key: PlainKey | undefined) => key && t(key);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const found = {
      displayName: nameError(typed.displayName),
      handle: handleError(typed.handle),
      password: newPasswordError(typed.password),
    };
    setErrors(found as FieldErrors<(typeof FIELDS)[number]>);
    setProblem(undefined);
    if (!isEmpty(found) || busy) return;
    setBusy(true);
    try {
      onSignedIn(await register({ ...typed, handle: handleOf(typed.handle), remember }));
    } catch (error) {
      const refused = refusedErrors(error, FIELDS);
      setErrors(refused);
      if (isEmpty(refused)) setProblem(errorText(words, error));
      setBusy(false);
    }
  };

  return (
    <form className={form.form} onSubmit={(event) => void submit(event)} noValidate>
      <h1 className={styles.title}>{t('register.title')}</h1>
      <Field
        label={t('field.displayName')}
        name="displayName"
        autoComplete="name"
        dir="auto"
        autoFocus
        value={typed.displayName}
        error={say(errors.displayName)}
        onChange={(event) => change({ displayName: event.target.value })}
      />
      <Field
        label={t('field.handle')}
        name="handle"
        autoComplete="username"
        autoCapitalize="off"
        spellCheck={false}
        hint={t('field.handle.hint')}
        value={typed.handle}
        error={say(errors.handle)}
        onChange={(event) => change({ handle: event.target.value })}
      />
      <PasswordField
        label={t('field.password')}
        name="password"
        kind="new"
        value={typed.password}
        error={say(errors.password)}
        onChange={(password) => change({ password })}
      />
      <FormEnd
        remember={remember}
        onRemember={setRemember}
        problem={problem}
        busy={busy}
        submit={t('register.submit')}
        elsewhere={t('register.toSignIn')}
        onSwitch={onSwitch}
      />
    </form>
  );
};
