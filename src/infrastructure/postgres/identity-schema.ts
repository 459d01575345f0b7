import type { Generated } from 'kysely';
import type { SecretHash } from '#app/application/ports/secrets.ts';
import type { ApiKeyName } from '#app/domain/identity/api-key.ts';
import type { EmailAddress } from '#app/domain/identity/email-address.ts';
import type { SessionEnd } from '#app/domain/identity/identity-events.ts';
import type { Session } from '#app/domain/identity/session.ts';
import type { ApiKeyId, SessionId, UserId } from '#app/domain/shared/ids.ts';

/** The tables of migrations/0002-identity.sql, and what 0005 added. */
export interface IdentityTables {
  user_emails: {
    user_id: UserId;
    address: EmailAddress;
    confirmed_at: Date | null;
  };
  credentials: {
    user_id: UserId;
    password_hash: string;
    changed_at: Generated<Date>;
  };
  sessions: {
    id: SessionId;
    user_id: UserId;
    kind: Session['kind'];
    device_name: string | null;
    device_platform: string | null;
    device_version: string | null;
    created_at: Generated<Date>;
    last_used_at: Generated<Date>;
    expires_at: Date;
    ended_at: Date | null;
    ended_by: SessionEnd | null;
  };
  refresh_tokens: {
    hash: SecretHash;
    session_id: SessionId;
    expires_at: Date;
    used_at: Date | null;
    successor: SecretHash | null;
  };
  outside_identities: {
    issuer: string;
    subject: string;
    user_id: UserId;
    created_at: Generated<Date>;
  };
  api_keys: {
    id: ApiKeyId;
    user_id: UserId;
    name: ApiKeyName;
    hash: SecretHash;
    created_at: Generated<Date>;
    expires_at: Date | null;
    revoked_at: Date | null;
  };
}
