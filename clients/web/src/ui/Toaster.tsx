import { createContext, type ReactNode, use, useCallback, useEffect, useRef, useState } from 'react';
import { useWords } from '../i18n/words.tsx';
import { IconButton } from './Button.tsx';
import styles from './Toaster.module.css';

const SHOWN_MS = 6_000;
const MOST = 3;

interface Toast {
  readonly id: number;
  readonly text: string;
}

const ToastContext = createContext<((text: string) => void) | undefined>(undefined);

/** Tells something in passing: a sentence that goes by itself. */
export const useToast = (): ((text: string) => void) => {
  const toast = use(ToastContext);
  if (!toast) throw new Error('outside of Toaster');
  return toast;
};

export const Toaster = ({ children }: { children: ReactNode }) => {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const next = useRef(0);
  const drop = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const show = useCallback((text: string) => {
    const id = next.current++;
    setToasts((all) => [...all.filter((toast) => toast.text !== text), { id, text }].slice(-MOST));
  }, []);
  return (
    <ToastContext value={show}>
      {children}
      <div className={styles.toaster} role="status" aria-live="polite">
        {toasts.map((toast) => (
          <ToastBox key={toast.id} toast={toast} drop={drop} />
        ))}
      </div>
    </ToastContext>
  );
};

const ToastBox = ({ toast: { id, text }, drop }: { toast: Toast; drop(id: number): void }) => {
  const { t } = useWords();
  useEffect(() => {
    const timer = setTimeout(() => drop(id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [id, drop]);
  return (
    <div className={styles.toast}>
      <span dir="auto">{text}</span>
      <IconButton icon="close" label={t('action.close')} onClick={() => drop(id)} />
    </div>
  );
};
