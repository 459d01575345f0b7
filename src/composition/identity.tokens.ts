import type { ApiKeys } from '#app/application/ports/api-keys.ts';
import type { Credentials } from '#app/application/ports/credentials.ts';
import type { LoginThrottle } from '#app/application/ports/login-throttle.ts';
import type { PasswordHasher } from '#app/application/ports/password-hasher.ts';
import type { Secrets } from '#app/application/ports/secrets.ts';
import type { Sessions } from '#app/application/ports/sessions.ts';
import type { Users } from '#app/application/ports/users.ts';
import type { Authenticator } from '#app/application/ports/authenticator.ts';
import type { Clock } from '#app/application/ports/clock.ts';
import type { EventBus } from '#app/application/ports/event-bus.ts';
import type { Journal } from '#app/application/ports/journal.ts';
import type { Random } from '#app/application/ports/random.ts';
import type { RateLimiter } from '#app/application/ports/rate-limiter.ts';
import type { Revocations } from '#app/application/ports/revocations.ts';
import type { Postgres } from '#app/infrastructure/postgres/database.ts';
import type { IdentityConfig } from './identity.module.ts';
import { token } from './tokens.ts';

// What the identity module takes; registered by whoever composes.
export const IDENTITY_CONFIG = token<IdentityConfig>('IdentityConfig');
export const POSTGRES = token<Postgres>('Postgres');
export const EVENT_BUS = token<EventBus>('EventBus');
export const JOURNAL = token<Journal>('Journal');

// What it gives beside its commands.
export const CLOCK = token<Clock>('Clock');
export const RANDOM = token<Random>('Random');
export const RATE_LIMITER = token<RateLimiter>('RateLimiter');
export const REVOCATIONS = token<Revocations>('Revocations');
export const AUTHENTICATOR = token<Authenticator>('Authenticator');
export const USERS = token<Users>('Users');
export const CREDENTIALS = token<Credentials>('Credentials');
export const SESSIONS = token<Sessions>('Sessions');
export const API_KEYS = token<ApiKeys>('ApiKeys');
export const SECRETS = token<Secrets>('Secrets');
export const PASSWORD_HASHER = token<PasswordHasher>('PasswordHasher');
export const LOGIN_THROTTLE = token<LoginThrottle>('LoginThrottle');
