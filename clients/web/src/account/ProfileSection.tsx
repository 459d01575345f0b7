import type { UserView } from '@tertulia/client';
import { type SubmitEvent, useState } from 'react';
import { useClient } from '../app/client.ts';
import { errorText } from '../app/error-text.ts';
import { useWords } from '../i18n/words.tsx';
import { Avatar } from '../ui/Avatar.tsx';
import { Button } from '../ui/Button.tsx';
import { Field } from '../ui/Field.tsx';
import form from '../ui/form.module.css';
import { useWatched } from '../ui/use-watched.ts';
import { handleError, handleOf, isEmpty, nameError, refusedErrors } from './credential-errors.ts';
import styles from './Settings.module.css';

const FIELDS = ['displayName', 'handle'] as const;

export const ProfileSection = () => {
  const { t } = useWords();
  const me = useWatched(useClient(), (client) => client.me);
  return (
    <section className={styles.section} aria-labelledby="profile">
      <h3 id="profile">{t('settings.profile')}</h3>
      {me && <ProfileForm me={me} />}
    </section>
  );
};

const ProfileForm = ({ me }: { me: UserView }) => {
  const words = useWords();
  const { t } = words;
  const client = useClient();
  const [typed, setTyped] = useState<{ readonly displayName?: string; readonly handle?: string }>({});
  const [errors, setErrors] = useState<ReturnType<typeof refusedErrors<(typeof FIELDS)[number]>>>({});
  const [outcome, setOutcome] = useState<{ readonly problem?: string; readonly done?: boolean }>({});
  const [busy, setBusy] = useState(false);
  const displayName = typed.displayName ?? me.displayName;
  const handle = typed.handle ?? me.handle ?? '';
  const isSame = displayName.trim() === me.displayName && handleOf(handle) === (me.handle ?? '');

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const wrong = {
      displayName: nameError(displayName),
      handle: handle === '' && !me.handle ? undefined : handleError(handle),
    };
    setErrors({
      ...(wrong.displayName && { displayName: wrong.displayName }),
      ...(wrong.handle && { handle: wrong.handle }),
    });
    setOutcome({});
    if (!isEmpty(wrong) || busy) return;
    setBusy(true);
    try {
      const changed = handle !== '' && handleOf(handle) !== me.handle;
      await client.call('user.update', {
        displayName: displayName.trim(),
        ...(changed && { handle: handleOf(handle) }),
      });
      setTyped({});
      setOutcome({ done: true });
    } catch (error) {
      const refused = refusedErrors(error, FIELDS);
      setErrors(refused);
      if (isEmpty(refused)) setOutcome({ problem: errorText(words, error) });
    }
    setBusy(false);
  };
  return (
    <form className={form.form} onSubmit={(event) => void submit(event)} noValidate>
      <div className={styles.me}>
        <Avatar id={me.id} name={me.displayName} />
        <div>
          <p>
            <bdi>{me.displayName}</bdi>
          </p>
          {me.handle && <p className={styles.quiet}>@{me.handle}</p>}
        </div>
      </div>
      <Field
        label={t('field.displayName')}
        name="displayName"
        autoComplete="name"
        dir="auto"
        value={displayName}
        error={errors.displayName && t(errors.displayName)}
        onChange={({ target }) => setTyped({ ...typed, displayName: target.value })}
      />
      <Field
        label={t('field.handle')}
        name="handle"
        autoComplete="username"
        autoCapitalize="off"
        spellCheck={false}
        hint={t('field.handle.hint')}
        value={handle}
        error={errors.handle && t(errors.handle)}
        onChange={({ target }) => setTyped({ ...typed, handle: target.value })}
      />
      {outcome.problem && (
        <p className={form.problem} role="alert">
          {outcome.problem}
        </p>
      )}
      <div className={form.actions}>
        {outcome.done && isSame && (
          <p className={form.done} role="status">
            {t('action.saved')}
          </p>
        )}
        <Button type="submit" look="primary" disabled={busy || isSame}>
          {t('action.save')}
        </Button>
      </div>
    </form>
  );
};
