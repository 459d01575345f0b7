import type { Welcome } from '../protocol.ts';
import { newBackoff } from './backoff.ts';
import type { Connection } from './connection.ts';
import { Refused } from './failures.ts';
import type { Surroundings } from './surroundings.ts';
import type { Tokens } from './token-source.ts';

/** Of a token's life, when it is renewed. */
const PART = 2 / 3;
/** However short their lives are. */
const LEAST_MS = 5_000;

/** Exchanges the token of a connection before it runs out, one try at a time. Returns how to stop. */
export const keepRenewing = (
  connection: Connection,
  welcome: Welcome,
  tokens: Tokens,
  surroundings: Surroundings,
): (() => void) => {
  const backoff = newBackoff(surroundings);
  let callOff = (): void => {};
  let stopped = false;

  const wait = (ms: number): void => {
    if (!stopped) callOff = surroundings.after(ms, () => void renew());
  };

  /** By what the server says, whose clock knows how long the token has left. */
  const plan = ({ expiresAt, serverTime }: Welcome): void => {
    if (expiresAt !== undefined) wait(Math.max(LEAST_MS, (expiresAt - serverTime) * PART));
  };

  const renew = async (): Promise<void> => {
    try {
      const token = await tokens.token(connection.token);
      if (stopped) return;
      const renewed = await connection.renew(token);
      backoff.reset();
      plan(renewed);
    } catch (error) {
      // there will be none: the connection lives as long as the token does, and its end tells why
      if (error instanceof Refused && error.code === 'unauthenticated') return;
      wait(backoff.next(LEAST_MS));
    }
  };

  plan(welcome);
  return () => {
    stopped = true;
    callOff();
  };
};
