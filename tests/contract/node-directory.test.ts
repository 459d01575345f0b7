import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { MemoryNodeDirectory } from '#app/infrastructure/memory/memory-node-directory.ts';
import { PostgresNodeDirectory } from '#app/infrastructure/postgres/postgres-node-directory.ts';
import { onTestFinished } from 'vitest';
import { aPatientPostgres } from '../support/postgres-world.ts';
import { aDatabase } from '../support/services.ts';
import { nodeDirectoryContract } from './node-directory.contract.ts';

nodeDirectoryContract('in process', async () => {
  const beats = new Map<string, number>();
  const clock = { now: () => 0, monotonic: () => 10_000 };
  return {
    node: (incarnation) => new MemoryNodeDirectory(incarnation, clock, beats),
    silence: async (incarnation, ms) => void beats.set(incarnation, (beats.get(incarnation) ?? 0) - ms),
  };
});

const open = async () => {
  const postgres = await aPatientPostgres((await aDatabase()).url);
  onTestFinished(() => postgres.close());
  return {
    postgres,
    node: (incarnation: string) => new PostgresNodeDirectory(postgres, incarnation),
    silence: async (incarnation: string, ms: number) => {
      await sql`UPDATE nodes SET beat_at = beat_at - ${ms} * interval '1 ms' WHERE incarnation = ${incarnation}`.execute(
        postgres.kysely,
      );
    },
  };
};
nodeDirectoryContract('on PostgreSQL', open);

it('removes nodes long dead from PostgreSQL', async () => {
  const { postgres, node, silence } = await open();
  await node('old').beat();
  await silence('old', 3_600_001);
  await Promise.all([node('a').beat(), node('b').beat()]);
  const left = await postgres.kysely.selectFrom('nodes').select('incarnation').orderBy('incarnation').execute();
  expect(left.map(({ incarnation }) => incarnation)).toEqual(['a', 'b']);
});
