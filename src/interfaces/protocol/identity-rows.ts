import * as v from 'valibot';
import type { Welcomed } from '#app/application/identity/register-user.ts';
import type { SessionWithTokens } from '#app/application/identity/session-tokens.ts';
import type { ApiKey } from '#app/domain/identity/api-key.ts';
import type { Session } from '#app/domain/identity/session.ts';
import type { PublicProfile, User } from '#app/domain/identity/user.ts';
import type { SessionId } from '#app/domain/shared/ids.ts';
import { instant } from './primitives.ts';

// As in rows.ts: the schema documents what a client sees, the function beside it makes it, both name every public field.

const id = v.pipe(v.string(), v.uuid());

export const ProfileRow = v.object({
  id,
  /** Guests and users from outside have none until they choose one. */
  handle: v.optional(v.string()),
  displayName: v.string(),
});

export const profileRow = ({ id, handle, displayName }: PublicProfile): v.InferInput<typeof ProfileRow> => ({
  id,
  ...(handle !== undefined && { handle }),
  displayName,
});

/** Oneself. */
export const MeRow = v.object({
  ...ProfileRow.entries,
  email: v.optional(v.string()),
  emailConfirmed: v.boolean(),
  /** Whether others are told when you were last there. */
  lastSeenVisible: v.boolean(),
  createdAt: instant,
  urev: v.pipe(v.number(), v.safeInteger()),
});

export const meRow = (user: User): v.InferInput<typeof MeRow> => ({
  ...profileRow(user),
  ...(user.email !== undefined && { email: user.email }),
  emailConfirmed: user.emailConfirmed,
  lastSeenVisible: user.lastSeenVisible,
  createdAt: user.createdAt.toISOString(),
  urev: user.urev,
});

export const TokensRow = v.object({
  session: v.object({ id }),
  /** For `Authorization: Bearer` and the `auth` frame. */
  accessToken: v.string(),
  accessTokenExpiresAt: instant,
  /** Exchange it for the next pair before it expires; it works once, and to use it again later ends the session. */
  refreshToken: v.string(),
  refreshTokenExpiresAt: instant,
});

export const tokensRow = ({ session, access, refreshToken }: SessionWithTokens): v.InferInput<typeof TokensRow> => ({
  session: { id: session.id },
  accessToken: access.token,
  accessTokenExpiresAt: access.expiresAt.toISOString(),
  refreshToken,
  refreshTokenExpiresAt: session.expiresAt.toISOString(),
});

export const WelcomeRow = v.object({ user: MeRow, ...TokensRow.entries });

export const welcomeRow = (welcomed: Welcomed): v.InferInput<typeof WelcomeRow> => ({
  user: meRow(welcomed.user),
  ...tokensRow(welcomed),
});

export const SessionRow = v.object({
  id,
  kind: v.picklist(['session', 'guest']),
  device: v.optional(v.object({ name: v.string(), platform: v.string(), version: v.string() })),
  createdAt: instant,
  /** Renewed with the tokens, so up to an access token's life behind. */
  lastUsedAt: instant,
  expiresAt: instant,
  /** The one that asks. */
  current: v.boolean(),
});

export const sessionRow = (s: Session, current: SessionId | undefined): v.InferInput<typeof SessionRow> => ({
  id: s.id,
  kind: s.kind,
  ...(s.device && { device: { name: s.device.name, platform: s.device.platform, version: s.device.version } }),
  createdAt: s.createdAt.toISOString(),
  lastUsedAt: s.lastUsedAt.toISOString(),
  expiresAt: s.expiresAt.toISOString(),
  current: s.id === current,
});

export const ApiKeyRow = v.object({ id, name: v.string(), createdAt: instant, expiresAt: v.optional(instant) });

export const apiKeyRow = (key: ApiKey): v.InferInput<typeof ApiKeyRow> => ({
  id: key.id,
  name: key.name,
  createdAt: key.createdAt.toISOString(),
  ...(key.expiresAt && { expiresAt: key.expiresAt.toISOString() }),
});
