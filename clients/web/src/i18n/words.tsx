import { createContext, Fragment, type ReactNode, use } from 'react';
import { formatsOf, type Formats } from './formats.ts';
import type { Given, Key, Texts } from './texts.ts';

export type Language = 'en' | 'ru' | 'zh';

/** The texts and formats of one language. */
export interface Words extends Formats {
  readonly language: Language;
  t<K extends Key>(key: K, ...given: Given<K, string>): string;
  /** The same with elements in the places, so that a name can be isolated from its surroundings (`<bdi>`). */
  rich<K extends Key>(key: K, ...given: Given<K, ReactNode>): ReactNode;
}

export const wordsOf = (language: Language, texts: Texts<string>): Words => {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);
  const template = (key: Key, values: Readonly<Record<string, unknown>>): string => {
    const text = texts[key];
    if (typeof text === 'string') return text;
    return text[plural.select(values['count'] as number)] ?? text.other;
  };
  const shown = (value: unknown) => (typeof value === 'number' ? number.format(value) : value);
  return {
    language,
    ...formatsOf(regional(language)),
    t(key, ...[values = {}]) {
      return parts(template(key, values))
        .map((part, i) => (i % 2 === 0 ? part : String(shown(values[part as keyof typeof values]))))
        .join('');
    },
    rich(key, ...[values = {}]) {
      return parts(template(key, values)).map((part, i) => (
        <Fragment key={i}>{i % 2 === 0 ? part : (shown(values[part as keyof typeof values]) as ReactNode)}</Fragment>
      ));
    },
  };
};

/** As the browser has it: `en-GB` for English in Britain. */
const regional = (language: Language): string =>
  navigator.languages.find((tag) => tag.toLowerCase().split('-')[0] === language) ?? language;

/** Text at even places, names of placeholders at odd ones. */
const parts = (template: string): readonly string[] => template.split(/\{(\w+)\}/);

const WordsContext = createContext<Words | undefined>(undefined);
export const WordsProvider = WordsContext.Provider;

export const useWords = (): Words => {
  const words = use(WordsContext);
  if (!words) throw new Error('outside of WordsProvider');
  return words;
};
