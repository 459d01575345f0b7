import { type ReactNode, useState } from 'react';
import { useWords } from '../i18n/words.tsx';
import { Button } from './Button.tsx';
import { Dialog } from './Dialog.tsx';
import form from './form.module.css';

interface ConfirmDialogProps {
  readonly title: ReactNode;
  readonly text: ReactNode;
  readonly submit: string;
  readonly danger?: boolean;
  /** The dialog stays while it runs, and goes when it is over, however it ends: what fails is told by who called. */
  confirm(): Promise<void>;
  onClose(): void;
}

export const ConfirmDialog = ({ title, text, submit, danger, confirm, onClose }: ConfirmDialogProps) => {
  const { t } = useWords();
  const [busy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    await confirm().finally(onClose);
  };
  return (
    <Dialog title={title} role="alertdialog" onClose={onClose}>
      <p>{text}</p>
      <div className={form.actions}>
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button look={danger ? 'danger' : 'primary'} disabled={busy} onClick={() => void run()} data-begin>
          {submit}
        </Button>
      </div>
    </Dialog>
  );
};
