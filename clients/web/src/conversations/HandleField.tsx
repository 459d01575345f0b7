import type { UserView } from '@tertulia/client';
import { useState } from 'react';
import { useClient } from '../app/client.ts';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { Field } from '../ui/Field.tsx';
import { findUser } from './find-user.ts';

interface HandleFieldProps {
  readonly label: string;
  readonly hint?: string;
  /** Answers a sentence when this one can't be taken. */
  onFound(user: UserView): Promise<string | undefined>;
}

/** Takes people one at a time by exact handle; Enter adds, and doesn't send the form around it. */
export const HandleField = ({ label, hint, onFound }: HandleFieldProps) => {
  const words = useWords();
  const client = useClient();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const add = async () => {
    if (busy) return;
    setBusy(true);
    const found = await findUser(words, client, typed);
    const problem = 'error' in found ? found.error : await onFound(found.user);
    setError(problem);
    if (problem === undefined) setTyped('');
    setBusy(false);
  };
  return (
    <Field
      label={label}
      hint={hint}
      autoCapitalize="off"
      autoComplete="off"
      spellCheck={false}
      value={typed}
      error={error}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
        event.preventDefault();
        void add();
      }}
      after={
        <Button disabled={busy || typed.trim() === ''} onClick={() => void add()}>
          {words.t('action.add')}
        </Button>
      }
    />
  );
};
