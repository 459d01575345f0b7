import { IdentityMemory } from '#app/infrastructure/memory/identity-memory.ts';
import { InMemoryLastSeen } from '#app/infrastructure/memory/in-memory-last-seen.ts';
import { InMemoryUsers } from '#app/infrastructure/memory/in-memory-users.ts';
import { PostgresLastSeen } from '#app/infrastructure/postgres/postgres-last-seen.ts';
import { PostgresUsers } from '#app/infrastructure/postgres/postgres-users.ts';
import { SystemClock } from '#app/infrastructure/system/system-clock.ts';
import { aPatientPostgres } from '../support/postgres-world.ts';
import { aDatabase } from '../support/services.ts';
import { lastSeenContract } from './last-seen.contract.ts';

lastSeenContract('in memory', async () => {
  const memory = new IdentityMemory(new SystemClock());
  return { lastSeen: new InMemoryLastSeen(memory), users: new InMemoryUsers(memory), close: async () => {} };
});

lastSeenContract('PostgreSQL', async () => {
  const postgres = await aPatientPostgres((await aDatabase()).url);
  return {
    lastSeen: new PostgresLastSeen(postgres),
    users: new PostgresUsers(postgres),
    close: () => postgres.close(),
  };
});
