import type { UserView } from '@tertulia/client';
import { type SubmitEvent, useState } from 'react';
import { isEmpty, refusedErrors } from '../account/credential-errors.ts';
import { useClient } from '../app/client.ts';
import { errorText } from '../app/error-text.ts';
import { chatPlace } from '../app/place.ts';
import { router } from '../app/router.ts';
import { useWords } from '../i18n/words.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Field } from '../ui/Field.tsx';
import form from '../ui/form.module.css';
import { HandleField } from './HandleField.tsx';
import styles from './NewGroupDialog.module.css';
import { titleError } from './title-error.ts';

export const NewGroupDialog = ({ onClose }: { onClose(): void }) => {
  const words = useWords();
  const { t } = words;
  const client = useClient();
  const [title, setTitle] = useState('');
  const [members, setMembers] = useState<readonly UserView[]>([]);
  const [error, setError] = useState<string>();
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const wrong = titleError(title);
    setError(wrong && t(wrong));
    setProblem(undefined);
    if (wrong || busy) return;
    setBusy(true);
    try {
      const { id } = await client.conversations.create({
        title: title.trim(),
        members: members.map((user) => user.id),
      });
      onClose();
      router.go(chatPlace(id));
    } catch (refused) {
      const { title: titleKey } = refusedErrors(refused, ['title']);
      setError(titleKey && t(titleKey));
      if (isEmpty({ titleKey })) setProblem(errorText(words, refused));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t('newGroup.title')} onClose={onClose}>
      <form className={form.form} onSubmit={(event) => void submit(event)} noValidate>
        <Field
          label={t('field.title')}
          dir="auto"
          autoComplete="off"
          value={title}
          error={error}
          onChange={(event) => setTitle(event.target.value)}
        />
        <HandleField
          label={t('newGroup.members')}
          hint={t('newGroup.members.hint')}
          onFound={(user) => {
            setMembers((all) => [...all.filter(({ id }) => id !== user.id), user]);
            return Promise.resolve(undefined);
          }}
        />
        {members.length > 0 && (
          <ul className={styles.members}>
            {members.map((user) => (
              <li key={user.id}>
                <bdi>{user.displayName}</bdi>
                <IconButton
                  icon="close"
                  label={t('newGroup.removeMember', { name: user.displayName })}
                  onClick={() => setMembers(members.filter(({ id }) => id !== user.id))}
                />
              </li>
            ))}
          </ul>
        )}
        {problem && (
          <p className={form.problem} role="alert">
            {problem}
          </p>
        )}
        <div className={form.actions}>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button type="submit" look="primary" disabled={busy}>
            {t('newGroup.submit')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
};
