import type { Device } from '../link/connection.ts';
import { type HttpParts, post } from './http.ts';
import { Session, type SessionParts } from './session.ts';
import { memorySessionStorage, type SessionStorage } from './session-storage.ts';

interface SignInParts extends HttpParts, Pick<SessionParts, 'renewalLock'> {
  readonly device?: Device;
  /** Where the session is kept; in memory when absent. */
  readonly storage?: SessionStorage;
}

export interface Registration extends SignInParts {
  readonly handle: string;
  readonly displayName: string;
  readonly password: string;
  readonly email?: string;
}
export interface Credentials extends SignInParts {
  /** A handle, or a confirmed mail address. */
  readonly login: string;
  readonly password: string;
}
export interface Guest extends SignInParts {
  readonly displayName: string;
}

/** Makes an account and begins a session in it. @throws Refused, Lost */
export const register = ({ handle, displayName, password, email, ...parts }: Registration): Promise<Session> =>
  begun(parts, '/v1/users', { handle, displayName, password, email });

/** Begins a session. @throws Refused, Lost */
export const signIn = ({ login, password, ...parts }: Credentials): Promise<Session> =>
  begun(parts, '/v1/session/login', { login, password });

/** Begins a session without an account, where the server allows it. @throws Refused, Lost */
export const signInAsGuest = ({ displayName, ...parts }: Guest): Promise<Session> =>
  begun(parts, '/v1/session/guest', { displayName });

const begun = async ({ device, ...parts }: SignInParts, path: string, input: object): Promise<Session> => {
  const answer = await post(parts, path, { ...input, ...(device && { device }) });
  return Session.begin({ ...parts, storage: parts.storage ?? memorySessionStorage() }, answer);
};
