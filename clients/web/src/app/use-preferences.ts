import { useEffect, useState } from 'react';
import { languageOf, loadWords } from '../i18n/load-words.ts';
import type { Words } from '../i18n/words.tsx';
import { useWatched } from '../ui/use-watched.ts';
import { preferences } from './preferences.ts';

/** Undefined until the first language is there; another one replaces it without a gap. */
export const useWordsOfPreference = (): Words | undefined => {
  const chosen = useWatched(preferences, (kept) => kept.get().language);
  const [words, setWords] = useState<Words>();
  useEffect(() => {
    let outdated = false;
    const show = (loaded: Words) => {
      if (outdated) return;
      document.documentElement.lang = loaded.language;
      setWords(loaded);
    };
    // English is here already: better than nothing when another language can't be fetched.
    loadWords(chosen ?? languageOf(navigator.languages)).then(show, () => void loadWords('en').then(show));
    return () => {
      outdated = true;
    };
  }, [chosen]);
  return words;
};

export const useTheme = (): void => {
  const theme = useWatched(preferences, (kept) => kept.get().theme);
  useEffect(() => {
    document.documentElement.dataset['theme'] = theme;
  }, [theme]);
};
