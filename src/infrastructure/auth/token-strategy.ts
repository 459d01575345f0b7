import type { Authenticated } from '#app/application/ports/authenticator.ts';

/** What a token claims to be, read without believing any of it: only to find who may judge it. */
export interface TokenClaim {
  readonly token: string;
  /** `iss` of a JWT; undefined for anything else. */
  readonly issuer: string | undefined;
}

/** One way of proving who one is. */
export interface TokenStrategy {
  /** Whether this is mine to judge; at most one strategy says yes to a token. */
  recognises(claim: TokenClaim): boolean;
  /** @throws Refusal `unauthenticated` or `unavailable`; anything else that is thrown counts as a fault. */
  authenticate(claim: TokenClaim): Promise<Authenticated>;
}
