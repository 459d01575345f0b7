import * as v from 'valibot';

const SIGNED = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;
const SHARED = ['HS256', 'HS384', 'HS512'] as const;

const name = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most));

const common = {
  /** Exactly the `iss` of its tokens. */
  issuer: name(512),
  /** One of these must be in `aud`. */
  audience: v.union([name(512), v.pipe(v.array(name(512)), v.minLength(1), v.maxLength(20))]),
  /** `typ` that its tokens must carry, for example `at+jwt`. Absent: none, `JWT` or `at+jwt`. */
  type: v.optional(name(64)),
  /** Claim to take the display name from on first use. */
  nameClaim: v.optional(name(64), 'name'),
  /** Tokens that live longer are refused. */
  maxLifetimeSeconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(60), v.maxValue(31 * 86_400)), 86_400),
};

const bySecret = v.strictObject({
  ...common,
  algorithms: v.optional(v.pipe(v.array(v.picklist(SHARED)), v.minLength(1)), ['HS256']),
  /** At least 32 bytes, or guessing it offline pays. */
  secret: v.pipe(v.string(), v.minBytes(32, 'at least 32 bytes')),
});

const byKeySet = (loopbackHttp: boolean) =>
  v.strictObject({
    ...common,
    algorithms: v.pipe(v.array(v.picklist(SIGNED)), v.minLength(1)),
    /** Where its public keys are: `https:`, or `file:` for keys that somebody else keeps fresh. */
    jwks: v.pipe(
      v.string(),
      v.check((url) => reachable(url, loopbackHttp), 'an https: or file: URL without user and password'),
    ),
  });

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
const reachable = (text: string, loopbackHttp: boolean): boolean => {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return false;
  return (
    /^(https|file):$/.test(url.protocol) || (loopbackHttp && url.protocol === 'http:' && LOOPBACK.has(url.hostname))
  );
};

export interface TrustedIssuersOptions {
  /** Takes keys by plain http from this machine; for development and tests. */
  readonly loopbackHttp: boolean;
}

/** `TRUSTED_ISSUERS`: a JSON array of issuers, each with either `jwks` or `secret`. */
export const trustedIssuers = ({ loopbackHttp }: TrustedIssuersOptions = { loopbackHttp: false }) =>
  v.pipe(
    v.string(),
    v.parseJson(undefined, 'a JSON array'),
    v.array(
      v.union([bySecret, byKeySet(loopbackHttp)], 'an issuer with audience and either jwks and algorithms or a secret'),
    ),
    v.maxLength(100),
    v.check((issuers) => new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length, 'each issuer once'),
  );

export type TrustedIssuerConfig = v.InferOutput<ReturnType<typeof trustedIssuers>>[number];
