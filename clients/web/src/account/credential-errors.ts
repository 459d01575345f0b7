import { Refused } from '@tertulia/client';
import type { PlainKey } from '../i18n/texts.ts';

const HANDLE = /^[a-z0-9_]{3,32}$/;
const PASSWORD_MIN = 8;
const PASSWORD_MAX = 1_024;
const NAME_MAX = 64;

/** Which text stands under which field. */
export type FieldErrors<Field extends string> = Partial<Record<Field, PlainKey>>;

/** Folded as the server folds it, so that nobody is refused for a capital letter. */
export const handleOf = (text: string): string =>
  text.trim().replace(/^@/, '').normalize('NFKC').toLowerCase().replaceAll('ß', 'ss');

export const handleError = (text: string): PlainKey | undefined => {
  if (text.trim() === '') return 'field.error.required';
  return HANDLE.test(handleOf(text)) ? undefined : 'field.error.handle';
};

export const nameError = (text: string): PlainKey | undefined => {
  if (text.trim() === '') return 'field.error.required';
  return [...text.trim()].length > NAME_MAX ? 'field.error.displayName' : undefined;
};

export const newPasswordError = (text: string): PlainKey | undefined => {
  const length = [...text].length;
  if (length === 0) return 'field.error.required';
  if (length < PASSWORD_MIN) return 'field.error.passwordShort';
  return length > PASSWORD_MAX ? 'field.error.passwordLong' : undefined;
};

const refusedFields: Readonly<Record<string, PlainKey>> = {
  handle: 'field.error.handle',
  displayName: 'field.error.displayName',
  // Its length was looked at here, so it is one that everybody tries first, or one's own name.
  password: 'field.error.passwordWeak',
  newPassword: 'field.error.passwordWeak',
  title: 'field.error.title',
};

/** What the server says about the fields of a form; empty when what is wrong concerns none of them. */
export const refusedErrors = <Field extends string>(error: unknown, fields: readonly Field[]): FieldErrors<Field> => {
  const found: FieldErrors<Field> = {};
  if (!(error instanceof Refused)) return found;
  const named = new Set(error.details.map(({ path }) => path.split('.')[0]));
  for (const field of fields) if (named.has(field) && refusedFields[field]) found[field] = refusedFields[field];
  if (error.rule === 'handle_taken' && fields.includes('handle' as Field))
    found['handle' as Field] = 'field.error.handleTaken';
  if (error.rule === 'wrong_password' && fields.includes('currentPassword' as Field))
    found['currentPassword' as Field] = 'field.error.passwordWrong';
  return found;
};

export const isEmpty = (errors: object): boolean => Object.values(errors).every((error) => error === undefined);
