import { openPool, type PostgresPool } from './pool.ts';
import type { Servers } from './servers.ts';

/** Three batches in flight, three side lanes for conversations that others hold, one to spare while a broken one is replaced. */
const CONNECTIONS = 7;

/**
 * Connections for PostgresMessageLog alone. Plans of its functions are made once per connection, when the tables may still
 * be empty: with these settings none that scans an empty table is kept while it grows.
 */
export const openLogPool = (database: string | Servers): PostgresPool =>
  openPool(database, {
    max: CONNECTIONS,
    applicationName: 'tertulia log',
    statementTimeoutMs: 1_000,
    lockTimeoutMs: 800,
    settings: {
      plan_cache_mode: 'force_generic_plan',
      enable_seqscan: 'off',
      enable_hashjoin: 'off',
      enable_mergejoin: 'off',
      enable_bitmapscan: 'off',
      jit: 'off',
    },
  });
