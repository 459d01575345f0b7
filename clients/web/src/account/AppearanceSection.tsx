import { preferences } from '../app/preferences.ts';
import { useWords } from '../i18n/words.tsx';
import { Choice } from '../ui/Choice.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { LanguageChoice } from './LanguageChoice.tsx';
import styles from './Settings.module.css';

const THEMES = ['system', 'light', 'dark'] as const;

export const AppearanceSection = () => {
  const { t } = useWords();
  const chosen = useWatched(preferences, (kept) => kept.get().theme);
  return (
    <section className={styles.section} aria-labelledby="appearance">
      <h3 id="appearance">{t('settings.appearance')}</h3>
      <LanguageChoice />
      <fieldset className={styles.options}>
        <legend>{t('settings.theme')}</legend>
        {THEMES.map((theme) => (
          <Choice
            key={theme}
            type="radio"
            name="theme"
            checked={theme === chosen}
            onChange={() => preferences.set({ theme })}
          >
            {t(`settings.theme.${theme}`)}
          </Choice>
        ))}
      </fieldset>
    </section>
  );
};
