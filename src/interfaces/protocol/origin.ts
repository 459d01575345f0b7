export interface OriginClaim {
  /** The `Origin` header; '' when absent. */
  readonly origin: string;
  /** The `Host` header. */
  readonly host: string;
  /** The `X-Forwarded-Proto` header; '' when absent. A foreign page can't set it: the preflight it takes is refused. */
  readonly forwardedProto: string;
}

/**
 * Whether a page from `origin` may talk to us: it came from here, or its origin is listed. Exact matches only, so a sandbox's
 * `null`, another port or scheme, upper case and a doubled header are all foreign. '' is no page at all, and not foreign.
 */
export const originAllowed = (claim: OriginClaim, listed: ReadonlySet<string>): boolean => {
  if (claim.origin === '') return true;
  const scheme = claim.forwardedProto === 'https' ? 'https' : 'http';
  return claim.origin === `${scheme}://${claim.host.toLowerCase()}` || listed.has(claim.origin);
};
