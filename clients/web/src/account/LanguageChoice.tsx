import { preferences } from '../app/preferences.ts';
import { LANGUAGES } from '../i18n/load-words.ts';
import { useWords } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';
import styles from './LanguageChoice.module.css';

/** Languages call themselves by their own names. */
export const LanguageChoice = () => {
  const { t } = useWords();
  const chosen = useWatched(preferences, (kept) => kept.get().language);
  return (
    <label className={styles.choice}>
      <span>{t('settings.language')}</span>
      <select
        className={styles.select}
        value={chosen ?? ''}
        onChange={({ target }) =>
          preferences.set({ language: LANGUAGES.find(({ language }) => language === target.value)?.language })
        }
      >
        <option value="">{t('settings.language.auto')}</option>
        {LANGUAGES.map(({ language, name }) => (
          <option key={language} value={language} lang={language}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
};
