import type { Stop } from '@tertulia/client';
import { followPage } from '@tertulia/client/presence';
import { useEffect } from 'react';
import { MuteClock } from '../conversations/mute-clock.tsx';
import { ConversationPane } from '../conversations/ConversationPane.tsx';
import type { PlainKey } from '../i18n/texts.ts';
import { useWords } from '../i18n/words.tsx';
import type { SignedIn } from '../session.ts';
import { fetchLater } from '../ui/later.ts';
import { useWatched } from '../ui/use-watched.ts';
import { ClientProvider } from './client.ts';
import { SessionProvider } from './session-context.ts';
import { MainPane } from './MainPane.tsx';
import { NewMessages } from './NewMessages.tsx';
import { PresenceProvider } from './presence.ts';
import { router } from './router.ts';
import { StatusBanner } from './StatusBanner.tsx';
import { useHotkeys } from './use-hotkeys.ts';
import styles from './Messenger.module.css';

interface MessengerProps {
  readonly signedIn: SignedIn;
  onSignedOut(notice: PlainKey): void;
}

export const Messenger = ({ signedIn, onSignedOut }: MessengerProps) => {
  const { t } = useWords();
  const { client, presence } = signedIn;
  const place = useWatched(router, ({ place }) => place);
  const stopped = useWatched(client, (watched) => watched.stopped);
  const status = useWatched(client, (watched) => watched.status);
  useEffect(() => client.start(), [client]);
  useEffect(() => followPage(presence), [presence]);
  useEffect(() => {
    if (status === 'online') void fetchLater();
  }, [status]);
  useEffect(() => {
    const notice = stopped && endOf(stopped);
    if (!notice) return;
    // Who was sent away may not come back; who was away too long will.
    const keep = notice === 'notice.expired' ? 'what waits' : 'nothing';
    void signedIn.end(keep).finally(() => onSignedOut(notice));
  }, [stopped, signedIn, onSignedOut]);
  useHotkeys(client);
  return (
    <ClientProvider value={client}>
      <PresenceProvider value={presence}>
        <SessionProvider value={{ signedIn, onSignedOut }}>
          <a className={styles.skip} href="#main">
            {t('app.skip')}
          </a>
          <MuteClock>
            <div className={styles.messenger} data-place={place.at}>
              <StatusBanner />
              <div className={styles.panes}>
                <ConversationPane place={place} />
                <MainPane place={place} />
              </div>
            </div>
            <NewMessages place={place} />
          </MuteClock>
        </SessionProvider>
      </PresenceProvider>
    </ClientProvider>
  );
};

/** Why one has to sign in again, if one has to. */
const endOf = (stop: Stop): PlainKey | undefined => {
  if (stop.reason === 'revoked') return 'notice.revoked';
  return stop.reason === 'signed_out' ? 'notice.expired' : undefined;
};
