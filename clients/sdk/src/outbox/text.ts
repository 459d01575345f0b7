import { Refused } from '../link/failures.ts';

const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;

/**
 * What the server would refuse is refused here already.
 * @throws Refused `invalid` or `too_large`, with the server's rules
 */
export const demandSendable = (text: string, maxCodePoints: number): void => {
  // at most two units make a code point
  if (text.length > maxCodePoints && (text.length > 2 * maxCodePoints || [...text].length > maxCodePoints))
    throw new Refused('too_large', 'the text is too long', 'text_too_long');
  if (!isWellFormed(text) || text.includes('\u0000'))
    throw new Refused('invalid', 'the text is not well-formed', 'text_ill_formed');
  if (!VISIBLE.test(text)) throw new Refused('invalid', 'the text has no visible character', 'text_empty');
};

/** A lone surrogate does not survive being encoded. `isWellFormed` itself is younger than some browsers. */
const isWellFormed = (text: string): boolean => {
  try {
    encodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
};
