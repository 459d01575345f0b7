import type { Brand } from '../shared/brand.ts';
import { invalid } from '../shared/domain-error.ts';

// Controls, line separators, and the bidirectional overrides and isolates that make a name read as another one.
const TREACHEROUS = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;
// A combining mark alone, a filler and the blank braille pattern show nothing that tells one user from another.
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Mark}\p{Cf}\u2800]/u;
const STACKED_MARKS = /\p{Mark}{5,}/u;

/** What people see of a user: 1 to 64 code points, not unique. Stored in NFC, without surrounding space. */
export type DisplayName = Brand<string, 'DisplayName'>;

export const DisplayName = (text: string): DisplayName => {
  const name = text.length <= 256 && text.isWellFormed() ? text.normalize('NFC').trim() : '';
  const length = Array.from(name).length;
  if (length < 1 || length > 64 || TREACHEROUS.test(name) || STACKED_MARKS.test(name) || !VISIBLE.test(name))
    throw invalid('', '1 to 64 visible characters without controls or bidirectional overrides');
  return name as DisplayName;
};
