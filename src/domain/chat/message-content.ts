import type { Brand } from '../shared/brand.ts';
import type { UserId } from '../shared/ids.ts';
import { invalid, Refusal } from '../shared/domain-error.ts';

/** What an entry of the log is. `image` and `file` stand here until files exist; `system` is written by the server alone. */
export const MessageType = { Text: 'text', System: 'system', Image: 'image', File: 'file' } as const;
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** In code points, not UTF-16 units. */
export const MAX_TEXT = 5_000;

const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

/** What somebody wrote, byte for byte: never trimmed, never normalised. */
export type MessageText = Brand<string, 'MessageText'>;
export const MessageText = (text: string): MessageText => {
  if (text.length > MAX_TEXT && codePoints(text) > MAX_TEXT)
    throw new Refusal('too_large', 'text_too_long', 'the text is too long', {
      details: [{ path: '', expected: `at most ${MAX_TEXT} code points` }],
    });
  if (!text.isWellFormed()) throw invalid('', 'well-formed Unicode, no lone surrogates', 'text_ill_formed');
  if (text.includes('\u0000')) throw invalid('', 'text without U+0000', 'text_ill_formed');
  if (!VISIBLE.test(text)) throw invalid('', 'at least one visible character', 'text_empty');
  return text as MessageText;
};

/** Stops counting once it is certain: the text may be a whole frame long. */
const codePoints = (text: string) => {
  let count = 0;
  for (let at = 0; at < text.length && count <= MAX_TEXT; count++) at += text.codePointAt(at)! > 0xffff ? 2 : 1; // `at` is in range
  return count;
};

/** What a system entry tells; the words are the client's, in its user's language. */
export type SystemNotice =
  | { readonly event: 'conversation.created' }
  | { readonly event: 'conversation.renamed'; readonly title: string }
  | { readonly event: 'members.added'; readonly users: readonly UserId[] }
  | { readonly event: 'member.removed'; readonly user: UserId }
  | { readonly event: 'member.left'; readonly user: UserId }
  | { readonly event: 'member.role_changed'; readonly user: UserId; readonly role: string };
