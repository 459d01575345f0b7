import { Button } from '../ui/Button.tsx';
import { Choice } from '../ui/Choice.tsx';
import form from '../ui/form.module.css';
import { useWords } from '../i18n/words.tsx';
import styles from './Welcome.module.css';

interface FormEndProps {
  readonly remember: boolean;
  onRemember(remember: boolean): void;
  /** A sentence about why one did not get in. */
  readonly problem: string | undefined;
  readonly busy: boolean;
  /** What the button says. */
  readonly submit: string;
  /** What the way to the other form says. */
  readonly elsewhere: string;
  onSwitch(): void;
}

/** The end of each way in. */
export const FormEnd = ({ remember, onRemember, problem, busy, submit, elsewhere, onSwitch }: FormEndProps) => {
  const { t } = useWords();
  return (
    <>
      <Choice checked={remember} onChange={(event) => onRemember(event.target.checked)}>
        {t('field.remember')}
      </Choice>
      {problem && (
        <p className={form.problem} role="alert">
          {problem}
        </p>
      )}
      <Button type="submit" look="primary" disabled={busy}>
        {submit}
      </Button>
      <Button look="link" className={styles.switch} onClick={onSwitch}>
        {elsewhere}
      </Button>
    </>
  );
};
