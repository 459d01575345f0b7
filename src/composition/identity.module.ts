import type { DependencyContainer } from 'tsyringe';
import { ChangePassword } from '#app/application/identity/change-password.ts';
import { CheckPassword } from '#app/application/identity/check-password.ts';
import { CreateApiKey } from '#app/application/identity/create-api-key.ts';
import { DisableUser } from '#app/application/identity/disable-user.ts';
import { EndSessions } from '#app/application/identity/end-sessions.ts';
import { EnterAsGuest } from '#app/application/identity/enter-as-guest.ts';
import { FindUser } from '#app/application/identity/find-user.ts';
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
import { AccessTokenStrategy } from '#app/infrastructure/auth/access-token-strategy.ts';
import { ApiKeyStrategy } from '#app/infrastructure/auth/api-key-strategy.ts';
import { Argon2PasswordHasher } from '#app/infrastructure/auth/argon2-password-hasher.ts';
import { type AccessTokenOptions, JoseAccessTokens } from '#app/infrastructure/auth/jose-access-tokens.ts';
import { LiveCache } from '#app/infrastructure/auth/live-cache.ts';
import { OutsideTokenStrategy } from '#app/infrastructure/auth/outside-token-strategy.ts';
import { Sha256Secrets } from '#app/infrastructure/auth/sha256-secrets.ts';
import { StrategyAuthenticator } from '#app/infrastructure/auth/strategy-authenticator.ts';
import { trustedIssuer } from '#app/infrastructure/auth/trusted-issuer.ts';
import type { TrustedIssuerConfig } from '#app/infrastructure/config/trusted-issuers.ts';
import { InProcessLoginThrottle } from '#app/infrastructure/memory/in-process-login-throttle.ts';
import { type Buckets, InProcessRateLimiter } from '#app/infrastructure/memory/in-process-rate-limiter.ts';
import { InProcessRevocations } from '#app/infrastructure/memory/in-process-revocations.ts';
import { PostgresApiKeys } from '#app/infrastructure/postgres/postgres-api-keys.ts';
import { PostgresCredentials } from '#app/infrastructure/postgres/postgres-credentials.ts';
import { PostgresSessions } from '#app/infrastructure/postgres/postgres-sessions.ts';
import { PostgresUsers } from '#app/infrastructure/postgres/postgres-users.ts';
import { CryptoRandom } from '#app/infrastructure/system/crypto-random.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { apiKeyCreate } from '#app/interfaces/commands/api-key-create.ts';
import { apiKeyList } from '#app/interfaces/commands/api-key-list.ts';
import { apiKeyRevoke } from '#app/interfaces/commands/api-key-revoke.ts';
import type { AnyCommand } from '#app/interfaces/commands/command.ts';
import { sessionGuest } from '#app/interfaces/commands/session-guest.ts';
import { sessionList } from '#app/interfaces/commands/session-list.ts';
import { sessionLogin } from '#app/interfaces/commands/session-login.ts';
import { sessionLogout } from '#app/interfaces/commands/session-logout.ts';
import { sessionRefresh } from '#app/interfaces/commands/session-refresh.ts';
import { sessionRevoke } from '#app/interfaces/commands/session-revoke.ts';
import { sessionRevokeAll } from '#app/interfaces/commands/session-revoke-all.ts';
import { sessionRevokeOthers } from '#app/interfaces/commands/session-revoke-others.ts';
import { userChangePassword } from '#app/interfaces/commands/user-change-password.ts';
import { userMe } from '#app/interfaces/commands/user-me.ts';
import { userRegister } from '#app/interfaces/commands/user-register.ts';
import { userUpdate } from '#app/interfaces/commands/user-update.ts';
import { usersFind } from '#app/interfaces/commands/users-find.ts';
import { usersGet } from '#app/interfaces/commands/users-get.ts';
import {
  API_KEYS,
  AUTHENTICATOR,
  CLOCK,
  CREDENTIALS,
  EVENT_BUS,
  IDENTITY_CONFIG,
  JOURNAL,
  LOGIN_THROTTLE,
  PASSWORD_HASHER,
  POSTGRES,
  RANDOM,
  RATE_LIMITER,
  REVOCATIONS,
  SECRETS,
  SESSIONS,
  USERS,
} from './identity.tokens.ts';
import { binder } from './tokens.ts';

export interface IdentityConfig extends IdentityPolicy {
  /** `JWT_SECRET`, and `JWT_SECRET_PREVIOUS` while tokens signed with it live. */
  readonly jwtSecret: string;
  readonly jwtSecretPrevious: string | undefined;
  readonly accessTokens: AccessTokenOptions;
  readonly trustedIssuers: readonly TrustedIssuerConfig[];
  readonly limits: Buckets;
}

/** Who people are. Gives the commands; takes what identity.tokens.ts names. */
export const identityModule = (container: DependencyContainer): (() => readonly AnyCommand[]) => {
  bindAdapters(container);
  bindAuthenticator(container);
  bindWaysIn(container);
  bindAccount(container);
  return () => commands(container);
};

const bindAdapters = (container: DependencyContainer) => {
  const bind = binder(container);
  bind(CLOCK, () => new SystemClock());
  bind(RANDOM, () => new CryptoRandom());
  bind(RATE_LIMITER, (c) => new InProcessRateLimiter(c.resolve(IDENTITY_CONFIG).limits, c.resolve(CLOCK)));
  bind(REVOCATIONS, (c) => {
    const journal = c.resolve(JOURNAL);
    return new InProcessRevocations((error) => journal.fault(error, 'revocations'));
  });
  bind(LOGIN_THROTTLE, (c) => new InProcessLoginThrottle(c.resolve(CLOCK)));
  bind(PASSWORD_HASHER, () => new Argon2PasswordHasher());
  bind(SECRETS, (c) => new Sha256Secrets(c.resolve(RANDOM)));
  bind(USERS, (c) => new PostgresUsers(c.resolve(POSTGRES)));
  bind(CREDENTIALS, (c) => new PostgresCredentials(c.resolve(POSTGRES)));
  bind(SESSIONS, (c) => new PostgresSessions(c.resolve(POSTGRES)));
  bind(API_KEYS, (c) => new PostgresApiKeys(c.resolve(POSTGRES)));
};

const bindAuthenticator = (container: DependencyContainer) =>
  binder(container)(AUTHENTICATOR, (c) => {
    const [clock, revocations, users] = [c.resolve(CLOCK), c.resolve(REVOCATIONS), c.resolve(USERS)];
    const { jwtSecret, jwtSecretPrevious, accessTokens, trustedIssuers } = c.resolve(IDENTITY_CONFIG);
    const secrets = jwtSecretPrevious === undefined ? [jwtSecret] : [jwtSecret, jwtSecretPrevious];
    const fault = (error: unknown) => c.resolve(JOURNAL).fault(error, 'issuer keys');
    const issuers = trustedIssuers.map((config) => trustedIssuer(config, clock, fault));
    return new StrategyAuthenticator([
      new AccessTokenStrategy(secrets, accessTokens, c.resolve(SESSIONS), new LiveCache(revocations, clock), clock),
      new ApiKeyStrategy(c.resolve(API_KEYS), c.resolve(SECRETS), new LiveCache(revocations, clock), clock),
      new OutsideTokenStrategy(issuers, users, new LiveCache(revocations, clock), c.resolve(RANDOM), clock),
    ]);
  });

const bindWaysIn = (container: DependencyContainer) => {
  const bind = binder(container);
  bind(SessionNews, (c) => new SessionNews(c.resolve(REVOCATIONS), c.resolve(EVENT_BUS)));
  bind(SessionTokens, (c) => {
    const { jwtSecret, accessTokens, refreshTtlMs } = c.resolve(IDENTITY_CONFIG);
    const signer = new JoseAccessTokens(jwtSecret, accessTokens, c.resolve(CLOCK));
    return new SessionTokens(c.resolve(SECRETS), signer, refreshTtlMs);
  });
  bind(OpenSession, (c) => {
    const [tokens, news] = [c.resolve(SessionTokens), c.resolve(SessionNews)];
    const { sessionsPerUser } = c.resolve(IDENTITY_CONFIG);
    return new OpenSession(c.resolve(SESSIONS), tokens, news, c.resolve(RANDOM), sessionsPerUser);
  });
  bind(CheckPassword, (c) => {
    const throttle = c.resolve(LOGIN_THROTTLE);
    return new CheckPassword(c.resolve(CREDENTIALS), c.resolve(PASSWORD_HASHER), throttle);
  });
  bind(RegisterUser, (c) => {
    const [users, hasher, open] = [c.resolve(USERS), c.resolve(PASSWORD_HASHER), c.resolve(OpenSession)];
    return new RegisterUser(users, hasher, open, c.resolve(RANDOM), c.resolve(IDENTITY_CONFIG));
  });
  bind(LogIn, (c) => {
    const [credentials, check] = [c.resolve(CREDENTIALS), c.resolve(CheckPassword)];
    return new LogIn(credentials, check, c.resolve(USERS), c.resolve(OpenSession));
  });
  bind(EnterAsGuest, (c) => {
    const [users, open] = [c.resolve(USERS), c.resolve(OpenSession)];
    return new EnterAsGuest(users, open, c.resolve(RANDOM), c.resolve(IDENTITY_CONFIG));
  });
  bind(RefreshSession, (c) => {
    const [tokens, news] = [c.resolve(SessionTokens), c.resolve(SessionNews)];
    return new RefreshSession(c.resolve(SESSIONS), tokens, news);
  });
};

const bindAccount = (container: DependencyContainer) => {
  const bind = binder(container);
  bind(EndSessions, (c) => new EndSessions(c.resolve(SESSIONS), c.resolve(SessionNews)));
  bind(ListSessions, (c) => new ListSessions(c.resolve(SESSIONS)));
  bind(ChangePassword, (c) => {
    const [credentials, check, hasher] = [c.resolve(CREDENTIALS), c.resolve(CheckPassword), c.resolve(PASSWORD_HASHER)];
    return new ChangePassword(credentials, check, hasher, c.resolve(SessionNews), c.resolve(EVENT_BUS));
  });
  bind(DisableUser, (c) => {
    const [users, sessions] = [c.resolve(USERS), c.resolve(SESSIONS)];
    return new DisableUser(users, sessions, c.resolve(REVOCATIONS), c.resolve(EVENT_BUS));
  });
  bind(UpdateProfile, (c) => new UpdateProfile(c.resolve(USERS), c.resolve(EVENT_BUS)));
  bind(ShowMe, (c) => new ShowMe(c.resolve(USERS)));
  bind(FindUser, (c) => new FindUser(c.resolve(USERS)));
  bind(ShowProfiles, (c) => new ShowProfiles(c.resolve(USERS)));
  bind(CreateApiKey, (c) => {
    const [apiKeys, secrets, random] = [c.resolve(API_KEYS), c.resolve(SECRETS), c.resolve(RANDOM)];
    return new CreateApiKey(apiKeys, secrets, random, c.resolve(EVENT_BUS), c.resolve(IDENTITY_CONFIG));
  });
  bind(ListApiKeys, (c) => new ListApiKeys(c.resolve(API_KEYS)));
  bind(RevokeApiKey, (c) => new RevokeApiKey(c.resolve(API_KEYS), c.resolve(REVOCATIONS), c.resolve(EVENT_BUS)));
};

const commands = (c: DependencyContainer): readonly AnyCommand[] => [
  userRegister(c.resolve(RegisterUser)),
  sessionLogin(c.resolve(LogIn)),
  sessionGuest(c.resolve(EnterAsGuest)),
  sessionRefresh(c.resolve(RefreshSession)),
  sessionLogout(c.resolve(EndSessions)),
  sessionList(c.resolve(ListSessions)),
  sessionRevoke(c.resolve(EndSessions)),
  sessionRevokeOthers(c.resolve(EndSessions)),
  sessionRevokeAll(c.resolve(EndSessions)),
  userMe(c.resolve(ShowMe)),
  usersGet(c.resolve(ShowProfiles)),
  usersFind(c.resolve(FindUser)),
  userUpdate(c.resolve(UpdateProfile)),
  userChangePassword(c.resolve(ChangePassword)),
  apiKeyCreate(c.resolve(CreateApiKey)),
  apiKeyList(c.resolve(ListApiKeys)),
  apiKeyRevoke(c.resolve(RevokeApiKey)),
];
