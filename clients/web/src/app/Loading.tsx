import { useWords } from '../i18n/words.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import styles from './Loading.module.css';

export const Loading = () => {
  const { t } = useWords();
  return (
    <main className={styles.loading} aria-busy="true">
      <Spinner />
      <p>{t('app.loading')}</p>
    </main>
  );
};
