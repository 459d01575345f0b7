import { type Kysely, sql } from 'kysely';
import type { Credential, Credentials } from '#app/application/ports/credentials.ts';
import type { EmailAddress } from '#app/domain/identity/email-address.ts';
import type { Handle } from '#app/domain/identity/handle.ts';
import { passwordChangedMeanwhile } from '#app/domain/identity/identity-refusals.ts';
import type { SessionId, UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';
import { endSessions } from './postgres-sessions.ts';
import type { Database } from './schema.ts';

export class PostgresCredentials implements Credentials {
  constructor(private readonly postgres: Postgres) {}

  /** A handle has no @ and an address has one, so one statement of one shape serves both: as fast, whoever exists. */
  findByLogin(login: Handle | EmailAddress): Promise<Credential | undefined> {
    return this.postgres.run((db) =>
      selected(db)
        .where((eb) =>
          eb(
            'users.id',
            '=',
            login.includes('@')
              ? eb
                  .selectFrom('user_emails')
                  .select('user_id')
                  .where('address', '=', login as EmailAddress)
                  .where('confirmed_at', 'is not', null)
              : eb.selectFrom('users as named').select('named.id').where('named.handle', '=', login),
          ),
        )
        .executeTakeFirst(),
    );
  }

  find(userId: UserId): Promise<Credential | undefined> {
    return this.postgres.run((db) => selected(db).where('users.id', '=', userId).executeTakeFirst());
  }

  rehash(userId: UserId, present: string, next: string): Promise<boolean> {
    return this.postgres.run(async (db) => {
      const result = await db
        .updateTable('credentials')
        .set({ password_hash: next })
        .where('user_id', '=', userId)
        .where('password_hash', '=', present)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    });
  }

  change(userId: UserId, present: string, next: string, keep: SessionId | undefined): Promise<readonly SessionId[]> {
    return this.postgres.transaction(async (trx) => {
      // A login that is opening a session waits here or has committed, so none slips past the end of all.
      await trx.selectFrom('users').select('id').where('id', '=', userId).forNoKeyUpdate().execute();
      const result = await trx
        .updateTable('credentials')
        .set({ password_hash: next, changed_at: sql`clock_timestamp()` })
        .where('user_id', '=', userId)
        .where('password_hash', '=', present)
        .executeTakeFirst();
      if (result.numUpdatedRows !== 1n) throw passwordChangedMeanwhile();
      return endSessions(trx, userId, keep === undefined ? 'all' : { except: keep }, 'password_changed');
    });
  }
}

const selected = (db: Kysely<Database>) =>
  db
    .selectFrom('users')
    .innerJoin('credentials', 'credentials.user_id', 'users.id')
    .select([
      'users.id as userId',
      'password_hash as passwordHash',
      sql<boolean>`users.disabled_at is not null`.as('disabled'),
    ]);
