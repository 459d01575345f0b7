import { usePresenceOf } from '../app/presence.ts';
import { useWords } from '../i18n/words.tsx';
import styles from './PresenceDot.module.css';

/** Beside the name of somebody: whether they are there. Nothing while they are not. */
export const PresenceDot = ({ userId }: { userId: string }) => {
  const { t } = useWords();
  const status = usePresenceOf(userId)?.status;
  if (status !== 'online' && status !== 'away') return null;
  const label = t(status === 'online' ? 'presence.online' : 'presence.away');
  return (
    <span className={styles.dot} data-status={status} data-testid="presence" title={label}>
      <span className="visually-hidden">{label}</span>
    </span>
  );
};
