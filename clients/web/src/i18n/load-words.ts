import { en } from './en.ts';
import { type Language, type Words, wordsOf } from './words.tsx';

export const LANGUAGES: readonly { readonly language: Language; readonly name: string }[] = [
  { language: 'en', name: 'English' },
  { language: 'ru', name: 'Русский' },
  { language: 'zh', name: '中文' },
];

/** English comes with the page, others when they are needed. */
export const loadWords = async (language: Language): Promise<Words> => {
  switch (language) {
    case 'en':
      return wordsOf('en', en);
    case 'ru':
      return wordsOf('ru', (await import('./ru.ts')).ru);
    case 'zh':
      return wordsOf('zh', (await import('./zh.ts')).zh);
  }
};

/** The first of the browser's languages that is spoken here. */
export const languageOf = (wanted: readonly string[]): Language => {
  for (const tag of wanted) {
    const primary = tag.toLowerCase().split('-')[0];
    const known = LANGUAGES.find(({ language }) => language === primary);
    if (known) return known.language;
  }
  return 'en';
};
