import { type SubmitEvent, useState } from 'react';
import { useClient } from '../app/client.ts';
import { errorText } from '../app/error-text.ts';
import { chatPlace } from '../app/place.ts';
import { router } from '../app/router.ts';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { Dialog } from '../ui/Dialog.tsx';
import { Field } from '../ui/Field.tsx';
import form from '../ui/form.module.css';
import { findUser } from './find-user.ts';

export const NewChatDialog = ({ onClose }: { onClose(): void }) => {
  const words = useWords();
  const { t } = words;
  const client = useClient();
  const [handle, setHandle] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  const open = async (): Promise<string | undefined> => {
    const found = await findUser(words, client, handle);
    if ('error' in found) return found.error;
    try {
      const { id } = await client.conversations.with(found.user.id);
      onClose();
      router.go(chatPlace(id));
      return undefined;
    } catch (refused) {
      return errorText(words, refused);
    }
  };
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(undefined);
    setError(await open());
    setBusy(false);
  };
  return (
    <Dialog title={t('newChat.title')} onClose={onClose}>
      <form className={form.form} onSubmit={(event) => void submit(event)} noValidate>
        <p>{t('newChat.lead')}</p>
        <Field
          label={t('field.handle')}
          autoCapitalize="off"
          autoComplete="off"
          spellCheck={false}
          value={handle}
          error={error}
          onChange={(event) => setHandle(event.target.value)}
        />
        <div className={form.actions}>
          <Button onClick={onClose}>{t('action.cancel')}</Button>
          <Button type="submit" look="primary" disabled={busy}>
            {t('newChat.submit')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
};
