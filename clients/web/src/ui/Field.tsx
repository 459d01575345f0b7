import { type ComponentProps, type ReactNode, useId } from 'react';
import form from './form.module.css';

interface FieldProps extends Omit<ComponentProps<'input'>, 'id' | 'className'> {
  readonly label: string;
  readonly hint?: string | undefined;
  /** A sentence in the user's language. */
  readonly error?: string | undefined;
  /** Beside the input. */
  readonly after?: ReactNode;
}

export const Field = ({ label, hint, error, after, ...input }: FieldProps) => {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div className={form.field}>
      <label className={form.label} htmlFor={id}>
        {label}
      </label>
      <div className={after ? form.row : undefined}>
        <input
          {...input}
          id={id}
          className={form.input}
          aria-invalid={error ? true : undefined}
          aria-describedby={described || undefined}
        />
        {after}
      </div>
      {hint && (
        <p id={`${id}-hint`} className={form.hint}>
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} className={form.error} role="alert">
          {error}
        </p>
      )}
    </div>
  );
};
