import type { Faults } from './ledger.ts';

export type DialectName = 'tertulia' | 'socketio' | 'bare';

/**
 * When a sender sends again: `ack`, when the reply to it came; `burst`, when every member has it; a number, so many
 * sends a second over all senders, whatever comes back.
 */
export type Pace = 'ack' | 'burst' | number;

export interface TrafficSpec {
  readonly groups: number;
  readonly size: number;
  /** The first so many of each group send, the others only receive. */
  readonly senders: number;
  /** Requests in flight per sender; with a pace in sends a second, the most it may have. */
  readonly window: number;
  readonly pace: Pace;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

export interface LoadSpec {
  readonly dialect: DialectName;
  /** Of equal servers; `serverOf` tells who is connected to which. */
  readonly ports: readonly number[];
  readonly addresses: number;
  /** One connection each. Member m of group g is number g × size + m. */
  readonly tokens: readonly string[];
  readonly conversations: readonly string[];
  /** Absent: the connections stay idle. */
  readonly traffic?: TrafficSpec;
}

export interface TrafficResult {
  readonly seconds: number;
  readonly sendsPerSecond: number;
  readonly deliveriesPerSecond: number;
  /** Of these, whose sender and receiver are connected to different servers. */
  readonly crossedPerSecond: number;
  /** Over the whole run, told not by an event of their own but by what a node read back from the database. */
  readonly readBack: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Acked over the whole run, warm-up included: as many rows must stand in the database. */
  readonly acked: number;
  readonly delivered: number;
  /** Sends that a pace in sends a second could not place, since the window was full. */
  readonly skipped: number;
  readonly faults: Faults;
  /** Share of one core that the generator took. Near 1, the figure is the generator's, not the server's. */
  readonly generatorCpu: number;
}

export type ToLoad = { readonly kind: 'open'; readonly spec: LoadSpec } | { readonly kind: 'run' };
export type FromLoad =
  | { readonly kind: 'ready' }
  | { readonly kind: 'opened'; readonly perSecond: number }
  | { readonly kind: 'measuring' }
  | { readonly kind: 'measured' }
  | { readonly kind: 'result'; readonly result: TrafficResult }
  | { readonly kind: 'failed'; readonly error: string };
