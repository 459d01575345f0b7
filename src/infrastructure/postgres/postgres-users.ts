import { type Kysely, type Selectable, sql } from 'kysely';
import type { Users } from '#app/application/ports/users.ts';
import type { DisplayName } from '#app/domain/identity/display-name.ts';
import type { EmailAddress } from '#app/domain/identity/email-address.ts';
import type { Handle } from '#app/domain/identity/handle.ts';
import { handleTaken, userNotFound } from '#app/domain/identity/identity-refusals.ts';
import type { NewUser, PublicProfile, User } from '#app/domain/identity/user.ts';
import { Urev } from '#app/domain/shared/counters.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { Postgres } from './database.ts';
import { sqlStateOf } from './failure.ts';
import type { Database, UsersTable } from './schema.ts';

export class PostgresUsers implements Users {
  constructor(private readonly postgres: Postgres) {}

  async add(user: NewUser, passwordHash?: string): Promise<User> {
    return this.postgres.transaction(async (trx) => {
      const row = await refusingTaken(inserted(trx, user));
      const { id: user_id, email: address } = user;
      if (address) await trx.insertInto('user_emails').values({ user_id, address, confirmed_at: null }).execute();
      if (passwordHash !== undefined)
        await trx.insertInto('credentials').values({ user_id, password_hash: passwordHash }).execute();
      return toUser({ ...row, email: address ?? null, confirmed_at: null });
    });
  }

  async find(id: UserId): Promise<User | undefined> {
    const row = await this.postgres.run((db) => selected(db).where('users.id', '=', id).executeTakeFirst());
    return row && toUser(row);
  }

  async findByHandle(handle: Handle): Promise<PublicProfile | undefined> {
    const row = await this.postgres.run((db) =>
      profiles(db).where('handle', '=', handle).where('disabled_at', 'is', null).executeTakeFirst(),
    );
    return row && toProfile(row);
  }

  async profiles(ids: readonly UserId[]): Promise<readonly PublicProfile[]> {
    if (ids.length === 0) return [];
    const rows = await this.postgres.run((db) => profiles(db).where('id', 'in', ids).execute());
    return rows.map(toProfile);
  }

  async change(id: UserId, change: (user: User) => User): Promise<User> {
    return this.postgres.transaction(async (trx) => {
      // The lock first, the row by a statement of its own: a joined one would be older than the lock.
      await trx.selectFrom('users').select('id').where('id', '=', id).forNoKeyUpdate().execute();
      const row = await selected(trx).where('users.id', '=', id).executeTakeFirst();
      if (row === undefined) throw userNotFound();
      const { handle, displayName, lastSeenVisible, disabled } = change(toUser(row));
      const urev = Urev(row.urev + 1);
      const update = trx
        .updateTable('users')
        .set({
          handle: handle ?? null,
          display_name: displayName,
          last_seen_visible: lastSeenVisible,
          urev,
          profile_urev: urev,
          disabled_at: disabled ? sql<Date>`coalesce(disabled_at, clock_timestamp())` : null,
        })
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow();
      return toUser({ ...row, ...(await refusingTaken(update)) });
    });
  }

  async ofSubject(issuer: string, subject: string, make: () => NewUser): Promise<Pick<User, 'id' | 'disabled'>> {
    const known = await this.#subject(issuer, subject);
    if (known !== undefined) return known;
    const user = make();
    const mine = await this.postgres.transaction(async (trx) => {
      const claimed = await trx
        .insertInto('outside_identities')
        .values({ issuer, subject, user_id: user.id })
        .onConflict((conflict) => conflict.doNothing())
        .returning('user_id')
        .executeTakeFirst();
      return claimed && toUser({ ...(await refusingTaken(inserted(trx, user))), email: null, confirmed_at: null });
    });
    // Not mine: the other's claim is committed, for the insert waited for it.
    const owner = mine ?? (await this.#subject(issuer, subject));
    if (owner === undefined) throw new Error('an outside identity without a user');
    return owner;
  }

  #subject(issuer: string, subject: string): Promise<Pick<User, 'id' | 'disabled'> | undefined> {
    return this.postgres.run((db) =>
      db
        .selectFrom('outside_identities')
        .innerJoin('users', 'users.id', 'outside_identities.user_id')
        .select(['users.id', sql<boolean>`users.disabled_at is not null`.as('disabled')])
        .where('issuer', '=', issuer)
        .where('subject', '=', subject)
        .executeTakeFirst(),
    );
  }
}

const inserted = (db: Kysely<Database>, { id, handle, displayName }: NewUser) =>
  db
    .insertInto('users')
    .values({ id, handle: handle ?? null, display_name: displayName })
    .returningAll()
    .executeTakeFirstOrThrow();

const selected = (db: Kysely<Database>) =>
  db
    .selectFrom('users')
    .leftJoin('user_emails', 'user_emails.user_id', 'users.id')
    .selectAll('users')
    .select(['user_emails.address as email', 'user_emails.confirmed_at']);

const profiles = (db: Kysely<Database>) => db.selectFrom('users').select(['id', 'handle', 'display_name']);

/** Of the users' own constraints only the handle's uniqueness can be broken by what a person chooses. */
const refusingTaken = async <T>(statement: Promise<T>): Promise<T> => {
  try {
    return await statement;
  } catch (error) {
    const handle = error instanceof Error && 'constraint' in error && error.constraint === 'users_handle_key';
    throw sqlStateOf(error) === '23505' && handle ? handleTaken() : error;
  }
};

type UserRow = Selectable<UsersTable> & { email: EmailAddress | null; confirmed_at: Date | null };

const toProfile = ({ id, handle, display_name }: Pick<UserRow, 'id' | 'handle' | 'display_name'>): PublicProfile => ({
  id,
  handle: (handle ?? undefined) as Handle | undefined,
  displayName: display_name as DisplayName,
});

const toUser = (row: UserRow): User => ({
  id: row.id,
  handle: (row.handle ?? undefined) as Handle | undefined,
  displayName: row.display_name as DisplayName,
  email: row.email ?? undefined,
  emailConfirmed: row.confirmed_at !== null,
  disabled: row.disabled_at !== null,
  lastSeenVisible: row.last_seen_visible,
  urev: row.urev,
  createdAt: row.created_at,
});
