import { sql } from 'kysely';
import { NODE_LEASE_MS, type NodeDirectory } from '#app/application/ports/node-directory.ts';
import type { Postgres } from './database.ts';

/** One round trip a beat. Who finds rows of nodes long dead removes them; two that do so at once don't wait for each other. */
export class PostgresNodeDirectory implements NodeDirectory {
  constructor(
    private readonly postgres: Postgres,
    private readonly incarnation: string,
  ) {}

  async beat(): Promise<readonly string[]> {
    const { rows } = await this.postgres.run((db) =>
      sql<{ incarnation: string }>`
        WITH beat AS (
          INSERT INTO nodes VALUES (${this.incarnation}, clock_timestamp())
          ON CONFLICT (incarnation) DO UPDATE SET beat_at = excluded.beat_at
        ), swept AS (
          DELETE FROM nodes WHERE incarnation IN (
            SELECT incarnation FROM nodes WHERE beat_at < now() - interval '1 hour' LIMIT 100 FOR UPDATE SKIP LOCKED
          )
        )
        SELECT incarnation FROM nodes
        WHERE incarnation <> ${this.incarnation} AND beat_at > now() - ${NODE_LEASE_MS} * interval '1 millisecond'
        ORDER BY incarnation`.execute(db),
    );
    return rows.map(({ incarnation }) => incarnation);
  }

  async leave(): Promise<void> {
    await this.postgres.run((db) => db.deleteFrom('nodes').where('incarnation', '=', this.incarnation).execute());
  }
}
