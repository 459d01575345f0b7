import { useWords } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { Button } from '../ui/Button.tsx';
import { Spinner } from '../ui/Spinner.tsx';
import { useClient } from './client.ts';
import styles from './StatusBanner.module.css';

/** Says why nothing comes in, and what waits to go out. */
export const StatusBanner = () => {
  const { t } = useWords();
  const client = useClient();
  const status = useWatched(client, (watched) => watched.status);
  const stopped = useWatched(client, (watched) => watched.stopped);
  const pending = useWatched(client, (watched) => watched.pending);
  return (
    <div role="status" aria-live="polite">
      {stopped && stopped.reason !== 'closed' && (
        <div className={styles.banner} data-testid="stopped">
          <span>{t(stopTexts[stopped.reason] ?? 'stop.refused')}</span>
          {stopped.reason === 'unsupported' ? (
            <Button onClick={() => location.reload()}>{t('app.reload')}</Button>
          ) : (
            <Button onClick={() => client.start()}>{t('stop.reconnect')}</Button>
          )}
        </div>
      )}
      {!stopped && status !== 'online' && (
        <div className={[styles.banner, styles.late].join(' ')} data-testid="connecting">
          <Spinner />
          <span>{pending > 0 ? t('banner.waiting', { count: pending }) : t('banner.connecting')}</span>
          <Button look="link" onClick={() => client.retry()}>
            {t('banner.retry')}
          </Button>
        </div>
      )}
    </div>
  );
};

const stopTexts = {
  too_many_connections: 'stop.tooMany',
  unsupported: 'stop.unsupported',
  refused: 'stop.refused',
  revoked: 'notice.revoked',
  signed_out: 'notice.expired',
  closed: 'stop.refused',
} as const;
