import type { Rev, Seq } from '../shared/counters.ts';

/** What the next change of a locked conversation gets if it is made: counters and the time under the lock. */
export interface Stamp {
  readonly rev: Rev;
  readonly seq: Seq;
  readonly at: Date;
}
