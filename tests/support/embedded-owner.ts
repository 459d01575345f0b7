import { Client } from 'pg';
import { startEmbeddedPostgres } from '#app/infrastructure/embedded/embedded-postgres.ts';

/**
 * A process that owns an embedded PostgreSQL and writes row after row. It tells its parent each id only after the
 * commit, so what the parent heard of must be found whatever is killed. Arguments: data directory, first id.
 */
const [dataDir = '', first = '1'] = process.argv.slice(2);
const tell = (message: object) => process.send?.(message);

try {
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  const database = await startEmbeddedPostgres({ dataDir, log: silent });
  process.once('message', () => void database.stop().then(() => process.exit(0)));

  let id = Number(first);
  for (let connections = 0; ; connections++) {
    const client = new Client({ connectionString: database.connectionString });
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('create table if not exists acked (id bigint primary key)');
      tell({ ready: connections, connectionString: database.connectionString });
      for (; ; id++) {
        await client.query('insert into acked values ($1) on conflict do nothing', [id]);
        tell({ acked: id });
      }
    } catch {
      await client.end().catch(() => {}); // the server was killed: connect again, as a pool would
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
} catch (error) {
  tell({ failed: String(error) });
  process.exit(1);
}
