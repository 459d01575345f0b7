import type { Conversation } from '@tertulia/client';
import { preferences } from '../app/preferences.ts';
import { useAttempt } from '../app/use-attempt.ts';
import { isMutedForEver, MUTED_FOR_EVER } from '../conversations/is-muted.ts';
import { useMuted } from '../conversations/mute-clock.tsx';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { Choice } from '../ui/Choice.tsx';
import { below, useMenu } from '../ui/menu.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './Details.module.css';

const HOUR_MS = 3_600_000;

const durations = [
  ['details.mute.hour', HOUR_MS],
  ['details.mute.eight', 8 * HOUR_MS],
  ['details.mute.day', 24 * HOUR_MS],
  ['details.mute.week', 7 * 24 * HOUR_MS],
] as const;

/** What only oneself sees: mute and archive on all devices, the sound on this one. */
export const OwnSettings = ({ conversation }: { conversation: Conversation }) => {
  const words = useWords();
  const { t } = words;
  const menu = useMenu();
  const attempt = useAttempt();
  const view = useWatched(conversation, (watched) => watched.view);
  const silent = useWatched(preferences, (kept) => kept.get().silent);
  const muted = useMuted(view);
  const mute = (until: Date | undefined) => void attempt(conversation.mute(until));
  return (
    <section className={styles.section}>
      <Choice
        asSwitch
        checked={!silent.includes(conversation.id)}
        onChange={({ target }) => {
          const others = silent.filter((id) => id !== conversation.id);
          preferences.set({ silent: target.checked ? others : [...others, conversation.id] });
        }}
      >
        {t('details.sound')}
      </Choice>
      {muted ? (
        <div className={styles.line}>
          <span className={styles.quiet}>
            {isMutedForEver(view) || !view.mutedUntil
              ? t('details.mutedForever')
              : t('details.mutedUntil', { time: words.moment(view.mutedUntil) })}
          </span>
          <Button onClick={() => mute(undefined)}>{t('details.unmute')}</Button>
        </div>
      ) : (
        <Button
          aria-haspopup="menu"
          onClick={({ currentTarget }) =>
            menu({
              label: t('details.mute'),
              at: below(currentTarget),
              items: [
                ...durations.map(([key, ms]) => ({ label: t(key), run: () => mute(new Date(Date.now() + ms)) })),
                { label: t('details.mute.always'), run: () => mute(MUTED_FOR_EVER) },
              ],
            })
          }
        >
          {t('details.mute')}
        </Button>
      )}
      <Button onClick={() => void attempt(conversation.archive(!view.archived))}>
        {t(view.archived ? 'details.unarchive' : 'details.archive')}
      </Button>
    </section>
  );
};
