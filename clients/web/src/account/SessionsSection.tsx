import type { OutputOf } from '@tertulia/client';
import { useCallback, useEffect, useState } from 'react';
import { useClient } from '../app/client.ts';
import { useAttempt } from '../app/use-attempt.ts';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './Settings.module.css';

type Sessions = OutputOf<'session.list'>['sessions'];

/** Where one is signed in, and how to end it there. */
export const SessionsSection = () => {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const { sessions, failed, load } = useSessions();
  const [asking, setAsking] = useState(false);
  const end = async (deed: Promise<unknown>) => {
    if (await attempt(deed)) await load();
  };
  return (
    <section className={styles.section} aria-labelledby="sessions">
      <h3 id="sessions">{t('settings.sessions')}</h3>
      <p className={styles.quiet}>{t('settings.sessions.lead')}</p>
      {failed && (
        <p role="alert">
          {t('settings.sessions.failed')}{' '}
          <Button look="link" onClick={() => void load()}>
            {t('action.retry')}
          </Button>
        </p>
      )}
      <ul>
        {sessions.map((session) => (
          <SessionLine
            key={session.id}
            session={session}
            onEnd={() => void end(client.call('session.revoke', { sessionId: session.id }))}
          />
        ))}
      </ul>
      <div className={styles.actions}>
        {sessions.length > 1 && (
          <Button onClick={() => void end(client.call('session.revoke_others', {}))}>
            {t('settings.sessions.others')}
          </Button>
        )}
        <Button onClick={() => setAsking(true)}>{t('settings.sessions.all')}</Button>
      </div>
      {asking && (
        <ConfirmDialog
          title={t('settings.sessions.all.title')}
          text={t('settings.sessions.all.text')}
          submit={t('settings.sessions.all')}
          danger
          // The answer may be overtaken by the end of the very connection that asked: then the page says so itself.
          confirm={async () => void (await attempt(client.call('session.revoke_all', {})))}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
};

const SessionLine = ({ session, onEnd }: { session: Sessions[number]; onEnd(): void }) => {
  const words = useWords();
  const { t } = words;
  const name = session.device?.name || t('settings.sessions.unknown');
  // All browsers say `web`: that tells nobody anything.
  const { platform = '', version = '' } = session.device ?? {};
  const about = platform === 'web' ? '' : `${platform} ${version}`.trim();
  return (
    <li className={styles.session}>
      <div className={styles.device}>
        <p>
          <bdi>{name}</bdi>
          {session.current && <span className={styles.here}>{t('settings.sessions.current')}</span>}
        </p>
        <p className={styles.quiet}>
          {about && <bdi>{about}</bdi>}
          {about && ' · '}
          {t('settings.sessions.used', { time: words.moment(new Date(session.lastUsedAt)) })}
        </p>
      </div>
      {!session.current && (
        <Button aria-label={t('settings.sessions.endOf', { device: name })} onClick={onEnd}>
          {t('settings.sessions.end')}
        </Button>
      )}
    </li>
  );
};

/** Loaded when they are looked at, and again when the connection is back. */
const useSessions = () => {
  const client = useClient();
  const status = useWatched(client, (watched) => watched.status);
  const [sessions, setSessions] = useState<Sessions>([]);
  const [failed, setFailed] = useState(false);
  const load = useCallback(async () => {
    try {
      setSessions((await client.call('session.list', {})).sessions);
      setFailed(false);
    } catch {
      setFailed(true);
    }
  }, [client]);
  useEffect(() => {
    if (status === 'online') void load();
  }, [load, status]);
  return { sessions, failed, load };
};
