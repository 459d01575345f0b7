import { preferences } from '../app/preferences.ts';
import { playSound } from '../app/sound.ts';
import { useWords } from '../i18n/words.tsx';
import { Button } from '../ui/Button.tsx';
import { Choice } from '../ui/Choice.tsx';
import form from '../ui/form.module.css';
import { useWatched } from '../ui/use-watched.ts';
import styles from './Settings.module.css';

export const SoundsSection = () => {
  const { t } = useWords();
  const sounds = useWatched(preferences, (kept) => kept.get().sounds);
  return (
    <section className={styles.section} aria-labelledby="sounds">
      <h3 id="sounds">{t('settings.sounds')}</h3>
      <div>
        <Choice asSwitch checked={sounds} onChange={({ target }) => preferences.set({ sounds: target.checked })}>
          {t('settings.sounds.label')}
        </Choice>
        <p className={form.hint}>{t('settings.sounds.hint')}</p>
      </div>
      <div className={styles.actions}>
        <Button onClick={() => void playSound()}>{t('settings.sounds.try')}</Button>
      </div>
    </section>
  );
};
