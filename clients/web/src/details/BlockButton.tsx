import { useState } from 'react';
import { useClient } from '../app/client.ts';
import { useAttempt } from '../app/use-attempt.ts';
import { blocksOf } from '../chat/blocks.ts';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './Details.module.css';

export const BlockButton = ({ userId, name }: { userId: string; name: string }) => {
  const { t, rich } = useWords();
  const blocks = blocksOf(useClient());
  const attempt = useAttempt();
  const blocked = useWatched(blocks, (all) => all.has(userId));
  const [asking, setAsking] = useState(false);
  return (
    <section className={styles.end}>
      <Button onClick={() => (blocked ? void attempt(blocks.set(userId, false)) : setAsking(true))}>
        {t(blocked ? 'details.unblock' : 'details.block', { name })}
      </Button>
      {asking && (
        <ConfirmDialog
          title={rich('details.block.title', { name: <bdi>{name}</bdi> })}
          text={t('details.block.text')}
          submit={t('details.block.submit')}
          danger
          confirm={async () => void (await attempt(blocks.set(userId, true)))}
          onClose={() => setAsking(false)}
        />
      )}
    </section>
  );
};
