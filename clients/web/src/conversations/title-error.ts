import type { PlainKey } from '../i18n/texts.ts';

const TITLE_MAX = 128;

export const titleError = (text: string): PlainKey | undefined => {
  if (text.trim() === '') return 'field.error.required';
  return [...text.trim()].length > TITLE_MAX ? 'field.error.title' : undefined;
};
