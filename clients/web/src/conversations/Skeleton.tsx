import { useWords } from '../i18n/words.tsx';
import styles from './Skeleton.module.css';

const ROWS = 8;

/** The shape of what is on its way. */
export const Skeleton = () => {
  const { t } = useWords();
  return (
    <div className={styles.skeleton} role="status">
      <span className="visually-hidden">{t('app.loading')}</span>
      {Array.from({ length: ROWS }, (_, i) => (
        <div key={i} className={styles.row} aria-hidden="true">
          <span className={styles.round} />
          <span className={styles.lines}>
            <span />
            <span />
          </span>
        </div>
      ))}
    </div>
  );
};
