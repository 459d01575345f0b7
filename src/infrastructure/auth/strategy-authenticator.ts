import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { Authenticated, Authenticator } from '#app/application/ports/authenticator.ts';
import { badToken } from '#app/domain/identity/identity-refusals.ts';
import type { TokenClaim, TokenStrategy } from './token-strategy.ts';

/** No honest token is longer; nothing longer is looked at. */
const LONGEST_TOKEN = 8_192;
const LONGEST_KID = 128;

/** Hands a token to the one strategy whose it is. */
export class StrategyAuthenticator implements Authenticator {
  constructor(private readonly strategies: readonly TokenStrategy[]) {}

  async authenticate(token: string): Promise<Authenticated> {
    const claim = claimOf(token);
    const strategy = claim && this.strategies.find((one) => one.recognises(claim));
    if (strategy === undefined) throw badToken();
    return strategy.authenticate(claim as TokenClaim);
  }
}

/** Undefined for what no strategy need see. */
const claimOf = (token: string): TokenClaim | undefined => {
  if (token.length === 0 || token.length > LONGEST_TOKEN) return undefined;
  if (token.split('.').length === 1) return { token, issuer: undefined };
  try {
    const { alg, kid, crit, b64 } = decodeProtectedHeader(token);
    // `kid` is a name to look up and nothing else. No extension is understood here, so none may be critical.
    if (typeof alg !== 'string' || crit !== undefined || b64 !== undefined) return undefined;
    if (kid !== undefined && (typeof kid !== 'string' || kid.length > LONGEST_KID)) return undefined;
    const { iss } = decodeJwt(token);
    return typeof iss === 'string' ? { token, issuer: iss } : undefined;
  } catch {
    return undefined;
  }
};
