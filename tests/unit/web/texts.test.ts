import { describe, expect, it } from 'vitest';
import { en } from '../../../clients/web/src/i18n/en.ts';
import { languageOf } from '../../../clients/web/src/i18n/load-words.ts';
import { ru } from '../../../clients/web/src/i18n/ru.ts';
import type { Texts } from '../../../clients/web/src/i18n/texts.ts';
import { wordsOf } from '../../../clients/web/src/i18n/words.tsx';
import { zh } from '../../../clients/web/src/i18n/zh.ts';

const languages: readonly (readonly ['en' | 'ru' | 'zh', Texts<string>])[] = [
  ['en', en],
  ['ru', ru],
  ['zh', zh],
];
const formsOf = (text: string | Readonly<Record<string, string>>) =>
  typeof text === 'string' ? [text] : Object.values(text);
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted();

describe.each(languages)('the texts in %s', (language, texts) => {
  it('have the keys and the placeholders of the English ones, in each form', () => {
    expect(Object.keys(texts)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(texts)) {
      const wanted = placeholders(formsOf(en[key as keyof typeof en])[0]!); // every text has a form
      for (const form of formsOf(text)) expect(placeholders(form), `${key}: ${form}`).toEqual(wanted);
    }
  });

  it('have a form for each number of the language', () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const [key, text] of Object.entries(texts))
      if (typeof text !== 'string') expect(Object.keys(text).toSorted(), key).toEqual([...pluralCategories].toSorted());
  });

  it('say something', () => {
    for (const [key, text] of Object.entries(texts))
      for (const form of formsOf(text)) expect(form.trim(), key).toBe(form === '' ? 'a text' : form);
  });
});

it('are not left in English', () => {
  const same = (texts: Texts<string>) =>
    Object.keys(en).filter((key) => texts[key as keyof typeof en] === en[key as keyof typeof en]);
  expect(same(ru)).toEqual(['app.name', 'chat.announce']);
  expect(same(zh)).toEqual(['app.name']);
});

describe('words', () => {
  it('choose the form by the number', () => {
    const { t } = wordsOf('ru', ru);
    expect([1, 3, 5, 21, 112].map((count) => t('list.unread', { count }))).toEqual([
      '1 непрочитанное сообщение',
      '3 непрочитанных сообщения',
      '5 непрочитанных сообщений',
      '21 непрочитанное сообщение',
      '112 непрочитанных сообщений',
    ]);
  });

  it('put values in as they are, whatever they look like', () => {
    expect(wordsOf('en', en).t('details.block', { name: '{name} $& <b>' })).toBe('Block {name} $& <b>');
  });

  it.each([
    [['de-DE', 'ru-RU', 'en'], 'ru'],
    [['zh-Hant-TW'], 'zh'],
    [['EN-us'], 'en'],
    [['fr'], 'en'],
    [[], 'en'],
  ] as const)('are in the first language of %j that is spoken: %s', (wanted, language) => {
    expect(languageOf(wanted)).toBe(language);
  });
});
