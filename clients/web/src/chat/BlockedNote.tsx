import type { Conversation } from '@tertulia/client';
import type { ReactNode } from 'react';
import { useClient, useName } from '../app/client.ts';
import { errorText } from '../app/error-text.ts';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { useToast } from '../ui/Toaster.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { blocksOf } from './blocks.ts';
import styles from './BlockedNote.module.css';

/** In place of the composer where one has blocked the other. */
export const BlockedNote = ({ conversation, children }: { conversation: Conversation; children: ReactNode }) => {
  const words = useWords();
  const { t, rich } = words;
  const client = useClient();
  const toast = useToast();
  const name = useName(conversation) ?? '…';
  const { otherId } = conversation.view;
  const blocked = useWatched(blocksOf(client), (blocks) => otherId !== undefined && blocks.has(otherId));
  if (!blocked || otherId === undefined) return children;
  return (
    <div className={styles.note}>
      <p>{rich('details.blocked', { name: <bdi>{name}</bdi> })}</p>
      <Button
        onClick={() =>
          void blocksOf(client)
            .set(otherId, false)
            .catch((error: unknown) => toast(errorText(words, error)))
        }
      >
        {t('details.unblock', { name })}
      </Button>
    </div>
  );
};
