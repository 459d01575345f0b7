import { sql } from 'kysely';
import type { Proofs } from '#app/application/ports/proofs.ts';
import type { Rests, Revocation, Revoked } from '#app/application/ports/revocations.ts';
import type { SessionEnd } from '#app/domain/identity/identity-events.ts';
import type { ApiKeyId, SessionId, UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';

interface Fallen {
  readonly kind: 'session' | 'key' | 'user';
  readonly id: string;
  readonly reason: SessionEnd;
}

export class PostgresProofs implements Proofs {
  constructor(private readonly postgres: Postgres) {}

  async fallen(held: readonly Rests[]): Promise<readonly Revocation[]> {
    const ids = (name: keyof Rests) => [...new Set(held.flatMap((rests) => rests[name] ?? []))];
    const { rows } = await this.postgres.run((db) =>
      sql<Fallen>`
        SELECT 'session' AS kind, held.id, coalesce(s.ended_by, 'revoked') AS reason
        FROM unnest(${ids('sessionId')}::uuid[]) held (id) LEFT JOIN sessions s ON s.id = held.id
        WHERE s.id IS NULL OR s.ended_at IS NOT NULL OR s.expires_at <= clock_timestamp()
        UNION ALL
        SELECT 'key', held.id, 'revoked'
        FROM unnest(${ids('apiKeyId')}::uuid[]) held (id) LEFT JOIN api_keys k ON k.id = held.id
        WHERE k.id IS NULL OR k.revoked_at IS NOT NULL OR k.expires_at <= clock_timestamp()
        UNION ALL
        SELECT 'user', u.id, 'user_disabled'
        FROM users u WHERE u.id = any(${ids('userId')}::uuid[]) AND u.disabled_at IS NOT NULL`.execute(db),
    );
    return rows.map(({ kind, id, reason }) => ({ ...revoked(kind, id), reason }));
  }
}

const revoked = (kind: Fallen['kind'], id: string): Revoked =>
  kind === 'session'
    ? { sessionId: id as SessionId }
    : kind === 'key'
      ? { apiKeyId: id as ApiKeyId }
      : { userId: id as UserId };
