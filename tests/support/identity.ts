import { v7 } from 'uuid';
import { ChangePassword } from '#app/application/identity/change-password.ts';
import { CheckPassword } from '#app/application/identity/check-password.ts';
import { CreateApiKey } from '#app/application/identity/create-api-key.ts';
import { DisableUser } from '#app/application/identity/disable-user.ts';
import { EndSessions } from '#app/application/identity/end-sessions.ts';
import { EnterAsGuest } from '#app/application/identity/enter-as-guest.ts';
import { ListApiKeys } from '#app/application/identity/list-api-keys.ts';
import { ListSessions } from '#app/application/identity/list-sessions.ts';
import { LogIn } from '#app/application/identity/log-in.ts';
import { OpenSession } from '#app/application/identity/open-session.ts';
import type { IdentityPolicy } from '#app/application/identity/policy.ts';
import { RefreshSession } from '#app/application/identity/refresh-session.ts';
import { RegisterUser } from '#app/application/identity/register-user.ts';
import { RevokeApiKey } from '#app/application/identity/revoke-api-key.ts';
import { SessionNews } from '#app/application/identity/session-news.ts';
import { SessionTokens } from '#app/application/identity/session-tokens.ts';
import { ShowMe } from '#app/application/identity/show-me.ts';
import { ShowProfiles } from '#app/application/identity/show-profiles.ts';
import { UpdateProfile } from '#app/application/identity/update-profile.ts';
import type { Revocation } from '#app/application/ports/revocations.ts';
import { JoseAccessTokens } from '#app/infrastructure/auth/jose-access-tokens.ts';
import { Sha256Secrets } from '#app/infrastructure/auth/sha256-secrets.ts';
import { IdentityMemory } from '#app/infrastructure/memory/identity-memory.ts';
import { InMemoryApiKeys } from '#app/infrastructure/memory/in-memory-api-keys.ts';
import { InMemoryCredentials } from '#app/infrastructure/memory/in-memory-credentials.ts';
import { InMemorySessions } from '#app/infrastructure/memory/in-memory-sessions.ts';
import { InMemoryUsers } from '#app/infrastructure/memory/in-memory-users.ts';
import { InProcessLoginThrottle } from '#app/infrastructure/memory/in-process-login-throttle.ts';
import { InProcessRevocations } from '#app/infrastructure/memory/in-process-revocations.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { EventBus } from '#app/application/ports/event-bus.ts';
import type { PasswordHasher } from '#app/application/ports/password-hasher.ts';
import type { Random } from '#app/application/ports/random.ts';
import { DisplayName } from '#app/domain/identity/display-name.ts';
import { EmailAddress } from '#app/domain/identity/email-address.ts';
import { Handle } from '#app/domain/identity/handle.ts';
import type { Password } from '#app/domain/identity/password.ts';
import type { NewUser } from '#app/domain/identity/user.ts';
import type { DomainEvent } from '#app/domain/shared/domain-event.ts';
import { Refusal } from '#app/domain/shared/domain-error.ts';
import { UserId } from '#app/domain/shared/ids.ts';
import { CryptoRandom } from '#app/infrastructure/system/crypto-random.ts';

/** Time that passes when the test says so. */
export class ManualClock implements Clock {
  #passed = 0;

  constructor(private readonly start = Date.UTC(2030, 0, 1)) {}

  now(): number {
    return this.start + this.#passed;
  }

  monotonic(): number {
    return this.#passed;
  }

  pass(ms: number): void {
    this.#passed += ms;
  }
}

export const random: Random = new CryptoRandom();

/** Keeps what was published. */
export class RecordingBus implements EventBus {
  readonly events: DomainEvent[] = [];

  publish(event: DomainEvent): void {
    this.events.push(event);
  }

  hears(): boolean {
    return true;
  }

  on(): () => void {
    throw new Error('nobody listens to a recording');
  }
}

/** Quick, and as honest as a fake can be: counts how often a password was looked at. */
export class CountingHasher implements PasswordHasher {
  looks = 0;
  generation = 1;

  async hash(password: Password): Promise<string> {
    return `${this.generation}:${password}`;
  }

  async verify(password: Password, hash: string | undefined): Promise<boolean> {
    this.looks += 1;
    return hash?.slice(hash.indexOf(':') + 1) === password;
  }

  outdated(hash: string): boolean {
    return !hash.startsWith(`${this.generation}:`);
  }
}

let users = 0;
export const aNewUser = (
  given: { handle?: string | undefined; email?: string; displayName?: string } = {},
): NewUser => {
  users += 1;
  const handle = 'handle' in given ? given.handle : `user_${process.pid}_${users}`;
  return {
    id: UserId(v7()),
    handle: handle === undefined ? undefined : Handle(handle),
    displayName: DisplayName(given.displayName ?? 'Ada'),
    email: given.email === undefined ? undefined : EmailAddress(given.email),
  };
};

/** The refusal that a promise ends in; anything else fails the test. */
export const refusalOf = async (promise: Promise<unknown>): Promise<Refusal> => {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
  if (outcome instanceof Refusal) return outcome;
  throw outcome instanceof Error ? outcome : new Error('expected a refusal, and there was none');
};

export const POLICY: IdentityPolicy = {
  allowRegistration: true,
  allowGuests: true,
  refreshTtlMs: 30 * 86_400_000,
  sessionsPerUser: 3,
  apiKeysPerUser: 2,
};
export const TOKENS = { issuer: 'https://chat.example', audience: 'tertulia', ttlMs: 900_000 };
export const SECRET = 'a secret of this test, thirty-two bytes or more';

/** All use cases of identity over the in-process adapters, with a clock and a bus of the test's own. */
export const anIdentityWorld = (policy: Partial<IdentityPolicy> = {}) => {
  const rules = { ...POLICY, ...policy };
  const clock = new ManualClock();
  const bus = new RecordingBus();
  const hasher = new CountingHasher();
  const memory = new IdentityMemory(clock);
  const users = new InMemoryUsers(memory);
  const credentials = new InMemoryCredentials(memory);
  const sessions = new InMemorySessions(memory);
  const apiKeys = new InMemoryApiKeys(memory);
  const secrets = new Sha256Secrets(random);
  const revocations = new InProcessRevocations((error) => {
    throw error;
  });
  const revoked: Revocation[] = [];
  revocations.subscribe((revocation) => revoked.push(revocation));
  const news = new SessionNews(revocations, bus);
  const accessTokens = new JoseAccessTokens(SECRET, TOKENS, clock);
  const tokens = new SessionTokens(secrets, accessTokens, rules.refreshTtlMs);
  const open = new OpenSession(sessions, tokens, news, random, rules.sessionsPerUser);
  const check = new CheckPassword(credentials, hasher, new InProcessLoginThrottle(clock));
  return {
    ...{
      clock,
      bus,
      hasher,
      memory,
      users,
      credentials,
      sessions,
      apiKeys,
      secrets,
      revocations,
      revoked,
      accessTokens,
    },
    register: new RegisterUser(users, hasher, open, random, rules),
    guest: new EnterAsGuest(users, open, random, rules),
    logIn: new LogIn(credentials, check, users, open),
    refresh: new RefreshSession(sessions, tokens, news),
    end: new EndSessions(sessions, news),
    list: new ListSessions(sessions),
    changePassword: new ChangePassword(credentials, check, hasher, news, bus),
    disable: new DisableUser(users, sessions, revocations, bus),
    updateProfile: new UpdateProfile(users, bus),
    me: new ShowMe(users),
    profiles: new ShowProfiles(users),
    createKey: new CreateApiKey(apiKeys, secrets, random, bus, rules),
    listKeys: new ListApiKeys(apiKeys),
    revokeKey: new RevokeApiKey(apiKeys, revocations, bus),
  };
};
