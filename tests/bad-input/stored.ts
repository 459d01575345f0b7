import { Client } from 'pg';

/**
 * Rows and a hash of every table, by name: equal before and after means that nothing was written. But for
 * those into which a node writes all the time that it lives, and who comes and goes: `nodes`, `last_seen`, and the unlogged ones.
 */
export class Stored {
  private constructor(
    private readonly client: Client,
    private readonly query: string,
  ) {}

  static async of(databaseUrl: string): Promise<Stored> {
    const client = new Client({ connectionString: databaseUrl });
    // The database is dropped under it at the end of the file.
    client.on('error', () => {});
    await client.connect();
    const { rows } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace
       and relkind in ('r', 'p') and relpersistence = 'p' and not relispartition
       and relname not in ('nodes', 'last_seen') order by 1`,
    );
    const tables = rows.map(
      ({ name }) =>
        `select '${name}' as name, count(*)::int as rows, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as hash from "${name}" t`,
    );
    return new Stored(client, tables.join(' union all '));
  }

  async now(): Promise<readonly object[]> {
    return (await this.client.query<object>(this.query)).rows;
  }

  async rows<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return (await this.client.query<Row>(sql, [...values])).rows;
  }

  close(): Promise<void> {
    return this.client.end();
  }
}
