/** A piece of a text: plain, or with the address that it is. */
export interface Piece {
  readonly text: string;
  readonly href?: string;
}

const CANDIDATE = /https?:\/\/[^\s<>"'`\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
/** Marks that more likely end the sentence than the address. */
const TAIL = /[.,;:!?…。，、；：！？»”’"']+$/u;
const LONGEST = 2_048;

/** Finds http and https addresses. What is not certainly one stays text. */
export const piecesOf = (text: string): readonly Piece[] => {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(CANDIDATE)) {
    const address = trimmed(match[0]);
    const href = hrefOf(address);
    if (href === undefined) continue;
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    pieces.push({ text: address, href });
    end = match.index + address.length;
  }
  if (end < text.length || pieces.length === 0) pieces.push({ text: text.slice(end) });
  return pieces;
};

/** Without the marks that end a sentence, and without a closing bracket that was opened before the address. */
const trimmed = (found: string): string => {
  const address = found.replace(TAIL, '');
  const unopened = /[)\]}）]$/u.test(address) && count(address, /[([{（]/gu) < count(address, /[)\]}）]/gu);
  return unopened ? trimmed(address.slice(0, -1)) : address;
};

const count = (text: string, mark: RegExp): number => text.match(mark)?.length ?? 0;

const hrefOf = (address: string): string | undefined => {
  if (address.length > LONGEST || !URL.canParse(address)) return undefined;
  const { protocol, href } = new URL(address);
  return protocol === 'https:' || protocol === 'http:' ? href : undefined;
};
