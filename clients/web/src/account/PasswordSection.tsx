import { type SubmitEvent, useState } from 'react';
import { useClient } from '../app/client.ts';
import { errorText } from '../app/error-text.ts';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import form from '../ui/form.module.css';
import { useWatched } from '../ui/use-watched.ts';
import { isEmpty, newPasswordError, refusedErrors } from './credential-errors.ts';
import { PasswordField } from './PasswordField.tsx';
import styles from './Settings.module.css';

const FIELDS = ['currentPassword', 'newPassword'] as const;

export const PasswordSection = () => {
  const words = useWords();
  const { t } = words;
  const client = useClient();
  const handle = useWatched(client, ({ me }) => me?.handle);
  const [typed, setTyped] = useState({ currentPassword: '', newPassword: '' });
  const [errors, setErrors] = useState<ReturnType<typeof refusedErrors<(typeof FIELDS)[number]>>>({});
  const [outcome, setOutcome] = useState<{ readonly problem?: string; readonly done?: boolean }>({});
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const newPassword = newPasswordError(typed.newPassword);
    const wrong = {
      ...(typed.currentPassword === '' && { currentPassword: 'field.error.required' as const }),
      ...(newPassword && { newPassword }),
    };
    setErrors(wrong);
    setOutcome({});
    if (!isEmpty(wrong) || busy) return;
    setBusy(true);
    try {
      await client.call('user.change_password', typed);
      setTyped({ currentPassword: '', newPassword: '' });
      setOutcome({ done: true });
    } catch (error) {
      const refused = refusedErrors(error, FIELDS);
      setErrors(refused);
      if (isEmpty(refused)) setOutcome({ problem: errorText(words, error) });
    }
    setBusy(false);
  };
  return (
    <section className={styles.section} aria-labelledby="password">
      <h3 id="password">{t('settings.password')}</h3>
      <form className={form.form} onSubmit={(event) => void submit(event)} noValidate>
        {/* For password stores: whose password it is. */}
        <input type="hidden" name="username" autoComplete="username" value={handle ?? ''} />
        <PasswordField
          label={t('field.password.current')}
          name="currentPassword"
          kind="current"
          value={typed.currentPassword}
          error={errors.currentPassword && t(errors.currentPassword)}
          onChange={(currentPassword) => setTyped({ ...typed, currentPassword })}
        />
        <PasswordField
          label={t('field.password.new')}
          name="newPassword"
          kind="new"
          value={typed.newPassword}
          error={errors.newPassword && t(errors.newPassword)}
          onChange={(newPassword) => setTyped({ ...typed, newPassword })}
        />
        {outcome.problem && (
          <p className={form.problem} role="alert">
            {outcome.problem}
          </p>
        )}
        {outcome.done && (
          <p className={form.done} role="status">
            {t('settings.password.done')}
          </p>
        )}
        <div className={form.actions}>
          <Button type="submit" look="primary" disabled={busy}>
            {t('settings.password.submit')}
          </Button>
        </div>
      </form>
    </section>
  );
};
