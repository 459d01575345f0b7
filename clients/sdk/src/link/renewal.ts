import type { Welcome } from '../protocol.ts';
import { Backoff } from './backoff.ts';
import type { Connection } from './connection.ts';
import { Refused } from './failures.ts';
import type { Surroundings } from './surroundings.ts';
import type { Tokens } from './token-source.ts';

/** Of a token's life, when it is renewed. */
const PART = 2 / 3;
/** However short their lives are. */
const LEAST_MS = 5_000;

/** Exchanges the token of a connection before it runs out, one try at a time. */
export class Renewal {
  #callOff = (): void => {};
  #stopped = false;
  readonly #backoff: Backoff;

  constructor(
    private readonly connection: Connection,
    private readonly tokens: Tokens,
    private readonly surroundings: Surroundings,
  ) {
    this.#backoff = new Backoff(surroundings.random);
  }

  /** By what the server says, whose clock knows how long the token has left. */
  plan({ expiresAt, serverTime }: Welcome): void {
    if (expiresAt === undefined) return;
    this.#wait(Math.max(LEAST_MS, (expiresAt - serverTime) * PART));
  }

  stop(): void {
    this.#stopped = true;
    this.#callOff();
  }

  #wait(ms: number): void {
    if (this.#stopped) return;
    this.#callOff = this.surroundings.after(ms, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    try {
      const token = await this.tokens.token(this.connection.token);
      if (this.#stopped) return;
      const welcome = await this.connection.renew(token);
      this.#backoff.reset();
      this.plan(welcome);
    } catch (error) {
      // there will be none: the connection lives as long as the token does, and its end tells why
      if (error instanceof Refused && error.code === 'unauthenticated') return;
      this.#wait(this.#backoff.next(LEAST_MS));
    }
  }
}
