import { Refused } from '../link/failures.ts';

const VISIBLE = /[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}]/u;
/** A surrogate that has lost its other half does not survive being encoded. */
const ILL_FORMED = /\p{Cs}|\0/u;

/**
 * What the server would refuse is refused here already.
 * @throws Refused `invalid` or `too_large`, with the server's rules
 */
export const demandSendable = (text: string, maxCodePoints: number): void => {
  // at most two units make a code point
  if (text.length > maxCodePoints && (text.length > 2 * maxCodePoints || [...text].length > maxCodePoints))
    throw new Refused('too_large', 'the text is too long', 'text_too_long');
  if (ILL_FORMED.test(text)) throw new Refused('invalid', 'the text is not well-formed', 'text_ill_formed');
  if (!VISIBLE.test(text)) throw new Refused('invalid', 'the text has no visible character', 'text_empty');
};
