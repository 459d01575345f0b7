import type { Rests, Revocation } from './revocations.ts';

/** Looks up whether what live connections rest on still stands. */
export interface Proofs {
  /**
   * What of it stands no more: sessions that ended, were never there or whose time is over, API keys that were revoked or
   * expired, users that were disabled. Each is named once. At most 1,000 at a time.
   */
  fallen(held: readonly Rests[]): Promise<readonly Revocation[]>;
}
