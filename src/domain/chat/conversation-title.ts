import type { Brand } from '../shared/brand.ts';
import { invalid } from '../shared/domain-error.ts';

// Controls, and the bidirectional overrides and isolates that make a name read as another one.
const TREACHEROUS = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}]/u;

/** A group's name: 1 to 128 code points, on one line. */
export type ConversationTitle = Brand<string, 'ConversationTitle'>;
export const ConversationTitle = (title: string): ConversationTitle => {
  const expected = '1 to 128 visible characters without controls or bidirectional overrides';
  if (title.length > 256 || !title.isWellFormed() || [...title].length > 128) throw invalid('', expected);
  if (TREACHEROUS.test(title) || !VISIBLE.test(title)) throw invalid('', expected);
  return title as ConversationTitle;
};
