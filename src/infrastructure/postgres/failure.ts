/**
 * What an error of node-pg means for whoever ran the statement.
 * - `poison`: the data can't be stored; the same data will fail again. Nothing was stored.
 * - `busy`: a lock, a deadlock, a cancelled statement, no space: nothing was stored; the same may succeed later.
 * - `away`: the connection or the server is gone and the connection must be destroyed. `ambiguous` when the server may
 *   have committed before that.
 */
export interface Failure {
  readonly kind: 'poison' | 'busy' | 'away';
  readonly ambiguous: boolean;
  /** SQLSTATE, or a word of ours. */
  readonly code: string;
}

/** By SQLSTATE class (PostgreSQL, appendix A). An error without one came from the socket: anything may have happened. */
export const failureOf = (error: unknown): Failure => {
  const code = sqlStateOf(error);
  if (code === undefined) return { kind: 'away', ambiguous: true, code: 'connection' };
  if (/^(08|57P0)/.test(code)) return { kind: 'away', ambiguous: true, code };
  if (code === TAKES_NO_WRITES) return { kind: 'away', ambiguous: false, code };
  if (/^(22|23|54)/.test(code)) return { kind: 'poison', ambiguous: false, code };
  return { kind: 'busy', ambiguous: false, code };
};

/** The server became a standby, or was told to take no writes: the connection is of no use any more. */
export const TAKES_NO_WRITES = '25006';

/** The server's disk is full. It goes on reading, and writes again once there is space. */
export const DISK_FULL = '53100';

export const sqlStateOf = (error: unknown): string | undefined => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
};

/** The server did not answer, or can't be asked: nothing that the request could have done differently. */
export class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway';
}

/** This server would not keep what it acknowledged, or lacks what we need; only its operator can help. */
export class UnfitDatabase extends Error {
  override readonly name = 'UnfitDatabase';
}
