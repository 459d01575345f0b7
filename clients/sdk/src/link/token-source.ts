import { Refused } from './failures.ts';

/** Where tokens come from that can be renewed; a Session is one. */
export interface Tokens {
  /**
   * A token that is good for a minute more, as far as is known here.
   * @param insteadOf a token that is not wanted any more: refused, or about to run out.
   * @throws Refused `unauthenticated` when there will never be another; anything else: maybe later
   */
  token(insteadOf?: string): Promise<string>;
}

/** A token (API key, or one of an outside issuer), or where to get one each time it is renewed. */
export type TokenSource = string | (() => Promise<string>) | Tokens;

export const tokensOf = (source: TokenSource): Tokens => {
  if (typeof source === 'function') return { token: source };
  if (typeof source !== 'string') return source;
  return {
    token: async (insteadOf) => {
      if (insteadOf === source) throw new Refused('unauthenticated', 'there is no other token');
      return source;
    },
  };
};
