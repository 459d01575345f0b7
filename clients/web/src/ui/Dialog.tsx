import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useWords } from '../i18n/words.tsx';
import { IconButton } from './Button.tsx';
import styles from './Dialog.module.css';

interface DialogProps {
  readonly title: ReactNode;
  readonly children: ReactNode;
  readonly role?: 'dialog' | 'alertdialog';
  onClose(): void;
}

/** Modal while it is rendered: the browser keeps the focus inside, closes on Escape and gives the focus back. */
export const Dialog = ({ title, children, role = 'dialog', onClose }: DialogProps) => {
  const { t } = useWords();
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    // The browser would begin at the button that closes: React's autoFocus comes too early for it.
    dialog?.querySelector<HTMLElement>('input, textarea, [data-begin]')?.focus();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      role={role}
      className={styles.dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
      onPointerDown={(event) => {
        if (event.target === element.current) onClose(); // the backdrop: the content fills the element
      }}
    >
      <div className={styles.content}>
        <header className={styles.header}>
          <h2 id={titleId} dir="auto">
            {title}
          </h2>
          <IconButton icon="close" label={t('action.close')} onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
};
