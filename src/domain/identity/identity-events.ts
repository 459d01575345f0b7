import type { ApiKeyId, SessionId, UserId } from '../shared/ids.ts';
import type { Session } from './session.ts';

export type SessionEnd =
  | 'logged_out'
  | 'revoked'
  | 'password_changed'
  | 'refresh_reused'
  | 'too_many_sessions'
  | 'user_disabled';

export type UserRegistered = {
  readonly type: 'user.registered';
  readonly userId: UserId;
  readonly kind: Session['kind'];
};
export type SessionOpened = { readonly type: 'session.opened'; readonly session: Session };
/** `refresh_reused` is an alarm: two parties held the session's token. */
export type SessionEnded = {
  readonly type: 'session.ended';
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly reason: SessionEnd;
};
export type PasswordChanged = { readonly type: 'password.changed'; readonly userId: UserId };
export type UserDisabled = { readonly type: 'user.disabled'; readonly userId: UserId };
export type ApiKeyCreated = { readonly type: 'api_key.created'; readonly userId: UserId; readonly apiKeyId: ApiKeyId };
export type ApiKeyRevoked = { readonly type: 'api_key.revoked'; readonly userId: UserId; readonly apiKeyId: ApiKeyId };

export type IdentityEvent =
  | UserRegistered
  | SessionOpened
  | SessionEnded
  | PasswordChanged
  | UserDisabled
  | ApiKeyCreated
  | ApiKeyRevoked;
