import type { CryptoKey, JWTHeaderParameters } from 'jose';
import type { Authenticated } from '#app/application/ports/authenticator.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { Random } from '#app/application/ports/random.ts';
import type { Users } from '#app/application/ports/users.ts';
import { DisplayName } from '#app/domain/identity/display-name.ts';
import { badToken } from '#app/domain/identity/identity-refusals.ts';
import type { NewUser } from '#app/domain/identity/user.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { UserId } from '#app/domain/shared/ids.ts';
import { checkedJwt } from './checked-jwt.ts';
import type { LiveCache } from './live-cache.ts';
import type { TokenClaim, TokenStrategy } from './token-strategy.ts';

/** Somebody else whose word on who a person is counts here. */
export interface TrustedIssuer {
  readonly issuer: string;
  readonly audience: string | readonly string[];
  readonly algorithms: readonly string[];
  readonly type: string | undefined;
  readonly nameClaim: string;
  readonly maxLifetimeSeconds: number;
  readonly key: (header: JWTHeaderParameters) => Promise<CryptoKey> | Uint8Array;
}

export interface LiveSubject {
  readonly userId: UserId;
}

/** (iss, sub) is the person, never the subject alone: every issuer has a user 42. */
export class OutsideTokenStrategy implements TokenStrategy {
  readonly #issuers: ReadonlyMap<string, TrustedIssuer>;

  constructor(
    issuers: readonly TrustedIssuer[],
    private readonly users: Users,
    private readonly live: LiveCache<LiveSubject>,
    private readonly random: Random,
    private readonly clock: Clock,
  ) {
    this.#issuers = new Map(issuers.map((issuer) => [issuer.issuer, issuer]));
  }

  recognises({ issuer }: TokenClaim): boolean {
    return issuer !== undefined && this.#issuers.has(issuer);
  }

  async authenticate({ token, issuer: named }: TokenClaim): Promise<Authenticated> {
    const trusted = this.#issuers.get(named ?? '');
    if (trusted === undefined) throw badToken();
    const { issuer, audience, algorithms, type, nameClaim, maxLifetimeSeconds, key } = trusted;
    const expected = {
      issuer,
      audience,
      algorithms,
      type,
      claims: [],
      longestLifeSeconds: maxLifetimeSeconds,
      now: this.clock.now(),
    };
    const { payload, subject, expiresAt } = await checkedJwt(token, key, expected);

    const live = await this.live.get(JSON.stringify([issuer, subject]), async () => {
      const user = await this.users.ofSubject(issuer, subject, () => this.#newcomer(payload[nameClaim]));
      return user.disabled ? undefined : { userId: user.id };
    });
    if (live === undefined) throw badToken();
    return { kind: 'outside', userId: live.userId, expiresAt };
  }

  #newcomer(name: unknown): NewUser {
    const id = UserId(this.random.uuid());
    return { id, handle: undefined, displayName: named(name) ?? DisplayName(`User ${id.slice(-6)}`), email: undefined };
  }
}

/** An issuer's idea of a name may be none of ours; that must not keep its user out. */
const named = (claim: unknown): DisplayName | undefined => {
  if (typeof claim !== 'string') return undefined;
  try {
    return DisplayName(claim);
  } catch (refusal) {
    if (refusal instanceof Refusal) return undefined;
    throw refusal;
  }
};
