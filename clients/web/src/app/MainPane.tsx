import { Suspense } from 'react';
import { ChatPane } from '../chat/ChatPane.tsx';
import { useWords } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { Button } from '../ui/Button.tsx';
import { Icon } from '../ui/Icon.tsx';
import { later } from '../ui/later.ts';
import { useClient } from './client.ts';
import { HOME, type Place } from './place.ts';
import { router } from './router.ts';
import { Loading } from './Loading.tsx';
import styles from './MainPane.module.css';

const Settings = later(async () => (await import('../account/Settings.tsx')).Settings);

export const MainPane = ({ place }: { place: Place }) => {
  switch (place.at) {
    case 'home':
      return <Nothing />;
    case 'chat':
      return <Chosen id={place.id} details={place.details} />;
    case 'settings':
      return (
        <Suspense fallback={<Loading />}>
          <Settings />
        </Suspense>
      );
  }
};

const Chosen = ({ id, details }: { id: string; details: boolean }) => {
  const { t } = useWords();
  const client = useClient();
  const conversation = useWatched(client.conversations, (all) => all.get(id));
  const loaded = useWatched(client.conversations, (all) => all.loaded);
  if (conversation) return <ChatPane key={id} conversation={conversation} details={details} />;
  if (!loaded) return <Loading />;
  return (
    <main className={styles.nothing} id="main">
      <p>{t('chat.gone')}</p>
      {/* What was being written in is gone, and the focus with it. */}
      <Button autoFocus onClick={() => router.go(HOME, 'replace')}>
        {t('chat.toList')}
      </Button>
    </main>
  );
};

const Nothing = () => {
  const { t } = useWords();
  return (
    <main className={styles.nothing} id="main">
      <span className={styles.picture}>
        <Icon name="chat" />
      </span>
      <h2>{t('chat.none')}</h2>
      <p>{t('chat.none.hint')}</p>
    </main>
  );
};
