import type { Authenticated } from '#app/application/ports/authenticator.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { Sessions } from '#app/application/ports/sessions.ts';
import { badToken } from '#app/domain/identity/identity-refusals.ts';
import type { Session } from '#app/domain/identity/session.ts';
import type { SessionId } from '#app/domain/shared/ids.ts';
import { checkedJwt } from './checked-jwt.ts';
import { ACCESS_TOKEN_TYPE, type AccessTokenOptions } from './jose-access-tokens.ts';
import type { LiveCache } from './live-cache.ts';
import { type SigningKey, signingKey } from './signing-keys.ts';
import type { TokenClaim, TokenStrategy } from './token-strategy.ts';

export type LiveSession = Pick<Session, 'userId' | 'kind'> & { readonly sessionId: SessionId };

const LONGEST_LIFE_SECONDS = 86_400;

/** Tokens that JoseAccessTokens made, by the present secret or the previous one. */
export class AccessTokenStrategy implements TokenStrategy {
  readonly #keys: ReadonlyMap<string, Uint8Array>;

  constructor(
    secrets: readonly string[],
    private readonly options: Pick<AccessTokenOptions, 'issuer' | 'audience'>,
    private readonly sessions: Sessions,
    private readonly live: LiveCache<LiveSession>,
    private readonly clock: Clock,
  ) {
    this.#keys = new Map(secrets.map((secret): SigningKey => signingKey(secret)).map(({ kid, key }) => [kid, key]));
  }

  recognises({ issuer }: TokenClaim): boolean {
    return issuer === this.options.issuer;
  }

  async authenticate({ token }: TokenClaim): Promise<Authenticated> {
    const { payload, subject, expiresAt } = await checkedJwt(token, ({ kid }) => this.#key(kid), {
      ...this.options,
      algorithms: ['HS256'],
      type: ACCESS_TOKEN_TYPE,
      claims: ['iat', 'sid'],
      longestLifeSeconds: LONGEST_LIFE_SECONDS,
      now: this.clock.now(),
    });
    const session = await this.#session(payload.sid);
    if (session?.userId !== subject) throw badToken();
    return { ...session, expiresAt };
  }

  #key(kid: string | undefined): Uint8Array {
    const key = this.#keys.get(kid ?? '');
    if (key === undefined) throw badToken();
    return key;
  }

  async #session(sid: unknown): Promise<LiveSession | undefined> {
    if (typeof sid !== 'string') return undefined;
    // Signed by us, so it is a session id.
    const sessionId = sid as SessionId;
    return this.live.get(sessionId, async () => {
      const session = await this.sessions.find(sessionId);
      return session && { userId: session.userId, kind: session.kind, sessionId };
    });
  }
}
