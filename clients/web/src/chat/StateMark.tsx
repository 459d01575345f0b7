import type { SendState } from '@tertulia/client';
import { useWords } from '../i18n/words.tsx';
import { Icon } from '../ui/Icon.tsx';
import styles from './StateMark.module.css';

const icons = { queued: 'clock', sent: 'check', delivered: 'checks', read: 'checks', failed: 'alert' } as const;

export const StateMark = ({ state }: { state: SendState }) => {
  const { t } = useWords();
  return (
    <span className={styles.mark} data-state={state} title={t(`message.${state}`)}>
      <Icon name={icons[state]} />
      <span className="visually-hidden">{t(`message.${state}`)}</span>
    </span>
  );
};
