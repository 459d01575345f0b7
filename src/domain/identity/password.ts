import type { Brand } from '../shared/brand.ts';
import { invalid } from '../shared/domain-error.ts';
import { isCommonPassword } from './common-passwords.ts';

declare const fit: unique symbol;

export const PASSWORD_MIN = 8;
export const PASSWORD_MAX = 1_024;

/** What somebody typed to prove themselves: taken exactly as typed, never trimmed, cut or normalised. */
export type Password = Brand<string, 'Password'>;

/** Bounded, so that nothing huge reaches the hasher; a password of older, laxer rules must still get through. */
export const Password = (text: string): Password => {
  if (lengthOf(text) < 1) throw invalid('', `1 to ${PASSWORD_MAX} characters`);
  return text as Password;
};

/** A password that may be set from now on. No rules of composition: length, and not one that everybody tries first. */
export type NewPassword = Password & { readonly [fit]: true };

export const NewPassword = (text: string): NewPassword => {
  if (lengthOf(text) < PASSWORD_MIN) throw invalid('', `${PASSWORD_MIN} to ${PASSWORD_MAX} characters`);
  if (isCommonPassword(text)) throw invalid('', 'a password that is not among the most common ones');
  return text as NewPassword;
};

/** In code points; −1 for what is too long or not a text (lone surrogates would all hash alike). */
const lengthOf = (text: string): number => {
  if (text.length > 2 * PASSWORD_MAX || !text.isWellFormed()) return -1;
  const length = Array.from(text).length;
  return length <= PASSWORD_MAX ? length : -1;
};

/** Refuses the two passwords that an attacker knows already. */
export const refuseOwnName = (password: NewPassword, names: readonly (string | undefined)[]): void => {
  const typed = password.toLowerCase();
  if (names.some((name) => name !== undefined && typed === name.toLowerCase()))
    throw invalid('password', 'a password other than the handle or the mail address');
};
