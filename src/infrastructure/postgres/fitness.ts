import type { Client } from 'pg';
import { DatabaseAway, UnfitDatabase } from './failure.ts';
import type { ServerHistory } from './servers.ts';

/** What makes an ack mean durable, and the isolation that the locks rely on; set for each connection and looked up after. */
export const DEMANDED = { synchronous_commit: 'on', default_transaction_isolation: 'read committed' };
const OLDEST_VERSION = 150_000;

// The timeline of the log position, for the one in the control file changes only at the next checkpoint.
export const TIMELINE = 'left(pg_walfile_name(pg_current_wal_lsn()), 8)';

const FITNESS = `
  SELECT current_setting('server_version_num')::int AS version, pg_is_in_recovery() AS standby,
    current_setting('transaction_read_only') = 'on' AS read_only,
    (pg_control_system()).system_identifier::text AS system,
    CASE WHEN NOT pg_is_in_recovery() THEN ${TIMELINE} END AS timeline,
    current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
    ${Object.keys(DEMANDED)
      .map((name) => `current_setting('${name}') AS ${name}`)
      .join(', ')}`;

interface Fitness extends Readonly<Record<string, unknown>> {
  readonly version: number;
  readonly standby: boolean;
  readonly read_only: boolean;
  readonly system: string;
  /** In hexadecimal digits; null of a standby. */
  readonly timeline: string | null;
}

/** @throws UnfitDatabase; DatabaseAway for a server that takes no writes */
export const mustBeFit = async (client: Client): Promise<ServerHistory> => {
  const { rows } = await client.query<Fitness>(FITNESS);
  const { version, standby, read_only, system, timeline, ...settings } = rows[0]!; // a SELECT without FROM
  if (standby || timeline === null)
    throw new DatabaseAway(`the server at ${client.host}:${client.port} is a standby and takes no writes`);
  if (read_only) throw new DatabaseAway(`the server at ${client.host}:${client.port} takes no writes`);
  if (version < OLDEST_VERSION) throw new UnfitDatabase('PostgreSQL 15 or newer is needed');
  for (const [name, wanted] of Object.entries({ fsync: 'on', full_page_writes: 'on', ...DEMANDED }))
    if (settings[name] !== wanted)
      throw new UnfitDatabase(`PostgreSQL's ${name} must be '${wanted}' and not '${String(settings[name])}'`);
  return { system, timeline: Number.parseInt(timeline, 16) };
};
