import { Lost, Refused } from '../link/failures.ts';
import { id, instant, isRecord, text } from '../link/guards.ts';
import type { Tokens } from '../link/token-source.ts';
import { type Answer, type HttpParts, post } from './http.ts';
import type { SessionStorage, StoredSession } from './session-storage.ts';

export interface SessionParts extends HttpParts {
  readonly storage: SessionStorage;
  /**
   * One renewal at a time over all tabs or processes that share the storage or a cookie: two at once could cost the
   * session. Just runs it, when absent.
   */
  readonly renewalLock?: <T>(renew: () => Promise<T>) => Promise<T>;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** A token that is handed out is good for this long, as far as is known. */
const LEAST_LIFE_MS = 60_000;
/** What is assumed of a token that just came, where the clocks are at odds. */
const ASSUMED_LIFE_MS = 120_000;

/** Somebody who is signed in. */
export class Session implements Tokens {
  #held: StoredSession;
  #ended = false;
  #renewal: Promise<string> | undefined;
  /** Came from the server, and could not be kept yet. */
  #unsaved: StoredSession | undefined;

  /** `held`: as it is in the storage. */
  constructor(
    private readonly parts: SessionParts,
    held: StoredSession,
  ) {
    this.#held = held;
  }

  /** Goes on with what the storage holds; undefined when that is nothing. */
  static async resume(parts: SessionParts): Promise<Session | undefined> {
    const held = await parts.storage.load();
    return held && new Session(parts, held);
  }

  /** Begins with what the server answered to a login, once that is kept. @throws Lost when the answer makes no sense */
  static async begin(parts: SessionParts, answer: Answer): Promise<Session> {
    const { user } = answer.body;
    const userId = isRecord(user) ? user['id'] : undefined;
    if (!id(userId)) throw new Lost('the answer makes no sense');
    const held = tokensIn(answer, userId, now(parts));
    await parts.storage.save(held);
    return new Session(parts, held);
  }

  get userId(): string {
    return this.#held.userId;
  }

  /** It was signed out here, or found ended by the server: it gives no more tokens. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Renews the token where it must; many who ask at once get the same answer.
   * @throws Refused `unauthenticated` when the session is over; Refused or Lost when it can't be renewed now
   */
  async token(insteadOf?: string): Promise<string> {
    if (this.#ended) throw over();
    if (this.#isGood(this.#held, insteadOf)) return this.#held.accessToken;
    this.#renewal ??= this.#renewed(insteadOf).finally(() => (this.#renewal = undefined));
    return this.#renewal;
  }

  /** Ends the session, here and at the server. @throws Lost, Refused: then it goes on */
  async signOut(): Promise<void> {
    if (this.#ended) return;
    try {
      await post(this.parts, '/v1/session/logout', {}, await this.token());
    } catch (error) {
      if (!isOver(error)) throw error;
    }
    await this.#end();
  }

  #isGood({ accessToken, accessTokenExpiresAt }: StoredSession, insteadOf: string | undefined): boolean {
    return accessToken !== insteadOf && accessTokenExpiresAt - now(this.parts) >= LEAST_LIFE_MS;
  }

  #renewed(insteadOf: string | undefined): Promise<string> {
    const { renewalLock = (renew) => renew() } = this.parts;
    return renewalLock(async () => {
      await this.#keep();
      if (this.#isGood(this.#held, insteadOf)) return this.#held.accessToken;
      return this.#exchanged(insteadOf);
    });
  }

  async #exchanged(insteadOf: string | undefined): Promise<string> {
    const { storage } = this.parts;
    const stored = await storage.load();
    // signed out elsewhere, or somebody else signed in
    if (stored?.userId !== this.userId) return this.#refuse();
    // renewed elsewhere
    if (stored.accessToken !== this.#held.accessToken && this.#isGood(stored, insteadOf)) {
      this.#held = stored;
      return stored.accessToken;
    }
    const { refreshToken } = stored;
    try {
      const answer = await post(this.parts, '/v1/session/refresh', refreshToken === undefined ? {} : { refreshToken });
      this.#unsaved = tokensIn(answer, this.userId, now(this.parts));
    } catch (error) {
      if (!isOver(error) && !isNonsense(error)) throw error;
      await storage.clear();
      return this.#refuse();
    }
    await this.#keep();
    return this.#held.accessToken;
  }

  /** A pair is kept before it is used: who crashes with it unsaved has lost the session. */
  async #keep(): Promise<void> {
    if (!this.#unsaved) return;
    await this.parts.storage.save(this.#unsaved);
    this.#held = this.#unsaved;
    this.#unsaved = undefined;
  }

  #refuse(): never {
    this.#ended = true;
    throw over();
  }

  async #end(): Promise<void> {
    this.#ended = true;
    await this.parts.storage.clear();
  }
}

const now = (parts: SessionParts): number => (parts.now ?? Date.now)();
const over = () => new Refused('unauthenticated', 'the session is over');
const isOver = (error: unknown): boolean => error instanceof Refused && error.code === 'unauthenticated';

/** A refresh token that is none will not become one. */
const isNonsense = (error: unknown): boolean => error instanceof Refused && error.code === 'invalid';

const token = text(8_192);

const tokensIn = ({ body, serverTime }: Answer, userId: string, nowMs: number): StoredSession => {
  const { accessToken, accessTokenExpiresAt, refreshToken } = body;
  const isPair = token(accessToken) && accessToken !== '' && (refreshToken === undefined || token(refreshToken));
  if (!isPair || !instant(accessTokenExpiresAt)) throw new Lost('the answer makes no sense');
  const left = Date.parse(accessTokenExpiresAt as string) - (serverTime ?? nowMs); // an instant is a text
  return {
    userId,
    accessToken,
    accessTokenExpiresAt: nowMs + (left > 0 ? left : ASSUMED_LIFE_MS),
    ...(refreshToken !== undefined && { refreshToken }),
  };
};
