import { InMemoryApiKeys } from '#app/infrastructure/memory/in-memory-api-keys.ts';
import { InMemoryCredentials } from '#app/infrastructure/memory/in-memory-credentials.ts';
import { InMemorySessions } from '#app/infrastructure/memory/in-memory-sessions.ts';
import { InMemoryUsers } from '#app/infrastructure/memory/in-memory-users.ts';
import { IdentityMemory } from '#app/infrastructure/memory/identity-memory.ts';
import type { Postgres } from '#app/infrastructure/postgres/database.ts';
import { PostgresApiKeys } from '#app/infrastructure/postgres/postgres-api-keys.ts';
import { PostgresCredentials } from '#app/infrastructure/postgres/postgres-credentials.ts';
import { PostgresSessions } from '#app/infrastructure/postgres/postgres-sessions.ts';
import { PostgresUsers } from '#app/infrastructure/postgres/postgres-users.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { aPatientPostgres } from '../support/postgres-world.ts';
import { aDatabase } from '../support/services.ts';
import { identityStoreContract } from './identity-store.contract.ts';

identityStoreContract('in memory', async () => {
  const memory = new IdentityMemory(new SystemClock());
  return {
    users: new InMemoryUsers(memory),
    credentials: new InMemoryCredentials(memory),
    sessions: new InMemorySessions(memory),
    apiKeys: new InMemoryApiKeys(memory),
    confirmEmail: async (id) => {
      const user = memory.users.get(id);
      if (user) memory.users.set(id, { ...user, emailConfirmed: true });
    },
    close: async () => {},
  };
});

const stores = (postgres: Postgres) => ({
  users: new PostgresUsers(postgres),
  credentials: new PostgresCredentials(postgres),
  sessions: new PostgresSessions(postgres),
  apiKeys: new PostgresApiKeys(postgres),
});

identityStoreContract('PostgreSQL', async () => {
  const postgres = await aPatientPostgres((await aDatabase()).url);
  return {
    ...stores(postgres),
    confirmEmail: async (id) => {
      await postgres.kysely
        .updateTable('user_emails')
        .set({ confirmed_at: new Date() })
        .where('user_id', '=', id)
        .execute();
    },
    close: () => postgres.close(),
  };
});
