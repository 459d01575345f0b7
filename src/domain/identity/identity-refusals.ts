import { notFound, Refusal, unavailable } from '../shared/domain-error.ts';

/** One answer for every token that is not good now: it tells nobody what was wrong with theirs. */
export const badToken = () => new Refusal('unauthenticated', 'bad_token', 'the token is not valid');

/** One answer for an unknown name, a wrong password and a disabled account. */
export const badLogin = () => new Refusal('unauthenticated', 'bad_login', 'the name or the password is wrong');

export const wrongPassword = () => new Refusal('forbidden', 'wrong_password', 'the current password is wrong');

/** Handles are public, so that one is taken is no secret (ADR on enumeration). */
export const handleTaken = () => new Refusal('conflict', 'handle_taken', 'this handle belongs to somebody else');

export const tooManyAttempts = (retryAfterMs: number) =>
  new Refusal('rate_limited', 'login_throttled', 'too many attempts; wait a little', { retryAfterMs });

export const hashingOverloaded = () => unavailable('hashing_overloaded', 1_000);

export const needsSession = () =>
  new Refusal('forbidden', 'needs_session', 'only possible in a session that was opened by logging in here');

export const switchedOff = (what: string) =>
  new Refusal('forbidden', `${what}_off`, `${what} is switched off on this server`);

export const sessionNotFound = () => notFound('session');
export const apiKeyNotFound = () => notFound('api_key');
export const userNotFound = () => notFound('user');

export const tooManyApiKeys = () =>
  new Refusal('conflict', 'too_many_api_keys', 'no more API keys for this user; revoke one first');

export const passwordChangedMeanwhile = () =>
  new Refusal('conflict', 'password_changed_meanwhile', 'the password was changed meanwhile; try again');
