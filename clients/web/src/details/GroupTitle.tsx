import type { Conversation } from '@tertulia/client';
import { type SubmitEvent, useState } from 'react';
import { useAttempt } from '../app/use-attempt.ts';
import { titleError } from '../conversations/title-error.ts';
import { useWords } from '../i18n/words.tsx';
import { Button, IconButton } from '../ui/Button.tsx';
import { Field } from '../ui/Field.tsx';
import form from '../ui/form.module.css';
import { useWatched } from '../ui/use-watched.ts';
import styles from './GroupTitle.module.css';

export const GroupTitle = ({ conversation }: { conversation: Conversation }) => {
  const { t } = useWords();
  const { title = '', role } = useWatched(conversation, ({ view }) => view);
  const [changing, setChanging] = useState(false);
  if (changing) return <RenameForm conversation={conversation} title={title} onDone={() => setChanging(false)} />;
  return (
    <div className={styles.title}>
      <p>
        <bdi>{title}</bdi>
      </p>
      {role !== 'member' && <IconButton icon="edit" label={t('details.rename')} onClick={() => setChanging(true)} />}
    </div>
  );
};

const RenameForm = ({ conversation, title, onDone }: { conversation: Conversation; title: string; onDone(): void }) => {
  const { t } = useWords();
  const attempt = useAttempt();
  const [typed, setTyped] = useState(title);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<ReturnType<typeof titleError>>();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const error = titleError(typed);
    setWrong(error);
    if (error || busy) return;
    setBusy(true);
    const done = typed.trim() === title || (await attempt(conversation.rename(typed.trim())));
    setBusy(false);
    if (done) onDone();
  };
  return (
    <form
      className={[form.form, styles.form].join(' ')}
      onSubmit={(event) => void submit(event)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        onDone();
      }}
    >
      <Field
        label={t('field.title')}
        dir="auto"
        autoFocus
        autoComplete="off"
        value={typed}
        error={wrong && t(wrong)}
        onChange={(event) => setTyped(event.target.value)}
      />
      <div className={form.actions}>
        <Button onClick={onDone}>{t('action.cancel')}</Button>
        <Button type="submit" look="primary" disabled={busy}>
          {t('action.save')}
        </Button>
      </div>
    </form>
  );
};
