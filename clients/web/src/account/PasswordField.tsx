import { useState } from 'react';
import { useWords } from '../i18n/words.tsx';
import { Choice } from '../ui/Choice.tsx';
import { Field } from '../ui/Field.tsx';
import styles from './PasswordField.module.css';

interface PasswordFieldProps {
  readonly label: string;
  readonly name: string;
  readonly kind: 'current' | 'new';
  readonly value: string;
  readonly error?: string | undefined;
  onChange(value: string): void;
}

export const PasswordField = ({ label, name, kind, value, error, onChange }: PasswordFieldProps) => {
  const { t } = useWords();
  const [shown, setShown] = useState(false);
  return (
    <div className={styles.password}>
      <Field
        label={label}
        name={name}
        type={shown ? 'text' : 'password'}
        autoComplete={kind === 'new' ? 'new-password' : 'current-password'}
        autoCapitalize="off"
        spellCheck={false}
        value={value}
        error={error}
        hint={kind === 'new' ? t('field.password.hint') : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      <Choice checked={shown} onChange={(event) => setShown(event.target.checked)}>
        {t('field.password.show')}
      </Choice>
    </div>
  );
};
