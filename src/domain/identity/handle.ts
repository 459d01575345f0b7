import type { Brand } from '../shared/brand.ts';
import { invalid } from '../shared/domain-error.ts';

const HANDLE = /^[a-z0-9_]{3,32}$/;

/** The public name by which a user is found: unique, stored folded, so that look-alikes by width or case are one. */
export type Handle = Brand<string, 'Handle'>;

export const Handle = (text: string): Handle => {
  const handle = text.length <= 128 ? folded(text) : '';
  if (!HANDLE.test(handle)) throw invalid('', '3 to 32 of a-z, 0-9 and _');
  return handle as Handle;
};

/** NFKC and full case folding, as far as it can end in ASCII: ß is the one letter that lower-casing leaves behind. */
export const folded = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll('ß', 'ss');
