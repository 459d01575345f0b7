import { sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { v7 } from 'uuid';
import { ApiKeyId, SessionId, UserId } from '#app/domain/shared/ids.ts';
import { PostgresProofs } from '#app/infrastructure/postgres/postgres-proofs.ts';
import { aPatientPostgres } from '../support/postgres-world.ts';
import { aDatabase } from '../support/services.ts';

it('names what stands no more, once, and nothing else', async () => {
  const postgres = await aPatientPostgres((await aDatabase()).url);
  onTestFinished(() => postgres.close());
  const run = (query: ReturnType<typeof sql>) => query.execute(postgres.kysely);
  const [ann, ben] = [UserId(v7()), UserId(v7())];
  await run(
    sql`INSERT INTO users (id, display_name, disabled_at) VALUES (${ann}, 'Ann', NULL), (${ben}, 'Ben', now())`,
  );

  const session = async (ended: string | null, expires: string) => {
    const id = SessionId(v7());
    await run(sql`INSERT INTO sessions (id, user_id, kind, expires_at, ended_at, ended_by)
      VALUES (${id}, ${ann}, 'session', now() + ${expires}::interval, ${ended === null ? null : sql`now()`}, ${ended})`);
    return id;
  };
  const key = async (revoked: boolean, expires: string | null) => {
    const id = ApiKeyId(v7());
    await run(sql`INSERT INTO api_keys (id, user_id, name, hash, expires_at, revoked_at)
      VALUES (${id}, ${ann}, 'k', sha256(${id}::text::bytea), now() + ${expires}::interval, ${revoked ? sql`now()` : null})`);
    return id;
  };
  const [live, loggedOut, expired, never] = [
    await session(null, '1 hour'),
    await session('logged_out', '1 hour'),
    await session(null, '-1 second'),
    SessionId(v7()),
  ];
  const [good, revoked, old] = [await key(false, null), await key(true, null), await key(false, '-1 second')];

  const held = [
    ...[live, loggedOut, loggedOut, expired, never].map((sessionId) => ({ userId: ann, sessionId })),
    ...[good, revoked, old].map((apiKeyId) => ({ userId: ann, apiKeyId })),
    ...[{ userId: ann }, { userId: ben }, { userId: ben }],
  ];
  const fallen = await new PostgresProofs(postgres).fallen(held);
  const named = fallen.map((one) => [Object.values(one)[0], one.reason].join(' '));
  expect(named.toSorted()).toEqual(
    [
      `${loggedOut} logged_out`,
      ...[expired, never, revoked, old].map((id) => `${id} revoked`),
      `${ben} user_disabled`,
    ].toSorted(),
  );
  expect(await new PostgresProofs(postgres).fallen([])).toEqual([]);
});
