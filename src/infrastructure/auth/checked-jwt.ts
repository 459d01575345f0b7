import {
  type CryptoKey,
  errors,
  type JWTHeaderParameters,
  type JWTPayload,
  type JWTVerifyOptions,
  jwtVerify,
  type KeyObject,
} from 'jose';
import { badToken } from '#app/domain/identity/identity-refusals.ts';

/** Clocks differ; a minute is the most that may be forgiven. */
const LEEWAY_SECONDS = 30;

export interface JwtExpectations {
  readonly issuer: string;
  readonly audience: string | readonly string[];
  readonly algorithms: readonly string[];
  /** Undefined takes any type but those that name another kind of token. */
  readonly type: string | undefined;
  readonly claims: readonly string[];
  readonly longestLifeSeconds: number;
  readonly now: number;
}

export interface CheckedJwt {
  readonly payload: JWTPayload;
  readonly subject: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

type Key = CryptoKey | KeyObject | Uint8Array;

/**
 * Signature and claims, all of them or `bad_token`. What `findKey` throws that is no error of jose passes through,
 * so that "its keys are out of reach" stays apart from "it is forged".
 */
export const checkedJwt = async (
  token: string,
  findKey: (header: JWTHeaderParameters) => Promise<Key> | Key,
  expected: JwtExpectations,
): Promise<CheckedJwt> => {
  const options: JWTVerifyOptions = {
    issuer: expected.issuer,
    audience: [...[expected.audience].flat()],
    algorithms: [...expected.algorithms],
    requiredClaims: ['exp', 'sub', ...expected.claims],
    clockTolerance: LEEWAY_SECONDS,
    currentDate: new Date(expected.now),
    ...(expected.type === undefined ? {} : { typ: expected.type }),
  };
  const { payload, protectedHeader } = await jwtVerify(token, findKey, options).catch((error: unknown) => {
    throw error instanceof errors.JOSEError || error instanceof TypeError ? badToken() : error;
  });
  if (expected.type === undefined && !ordinary(protectedHeader.typ)) throw badToken();
  return { payload, ...judged(payload, expected) };
};

/** What jose leaves open: a subject that can be a name, finite times, and an end that is not years away. */
const judged = (payload: JWTPayload, { now, longestLifeSeconds }: JwtExpectations) => {
  const { sub, exp, iat } = payload;
  if (typeof sub !== 'string' || sub === '' || sub.length > 255 || !sub.isWellFormed() || sub.includes('\0'))
    throw badToken();
  if (typeof exp !== 'number' || !Number.isFinite(exp) || (iat !== undefined && !Number.isFinite(iat)))
    throw badToken();
  const nowSeconds = now / 1_000;
  if (iat !== undefined && iat > nowSeconds + LEEWAY_SECONDS) throw badToken();
  if (exp - (iat ?? nowSeconds) > longestLifeSeconds || exp > nowSeconds + LEEWAY_SECONDS + longestLifeSeconds)
    throw badToken();
  return { subject: sub, expiresAt: exp * 1_000 };
};

/** Logout, refresh and other tokens are JWTs as well; an issuer that marks them must not have them taken for a login. */
const ordinary = (type: unknown) =>
  type === undefined || (typeof type === 'string' && /^(application\/)?(at\+)?jwt$/i.test(type));
