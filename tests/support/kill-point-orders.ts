import { writeSync } from 'node:fs';

/** Where a node can be broken in the middle of its work; docs/adr/018 says where each lies. */
export const killPoints = [
  'batch.before_lock',
  'batch.sent',
  'commit.sent_reply_cut',
  'after_commit_before_ack',
  'after_ack_before_publish',
  'publish.partial',
  'after_publish_before_local',
  'membership.after_commit_before_move',
  'lease.before_renew',
  'drain.half',
] as const;
export type KillPoint = (typeof killPoints)[number];

/** The process dies, stands still until somebody wakes it, or has an error there. */
export const breakages = ['kill', 'freeze', 'throw'] as const;
export type Breakage = (typeof breakages)[number];

export interface BreakOrder {
  readonly id: number;
  readonly point: KillPoint;
  readonly breakage: Breakage;
  /** So many times it is passed unharmed. */
  readonly after: number;
}

/** What a node of the test build may be told. */
export type NodeOrder = BreakOrder | { readonly stepMs: number };

/** Written to stderr before the order is carried out, for what died can't say it. */
export const reachedLine = (id: number): string => `kill point ${id} reached.`;

/** As if the connection to the database had broken: SQLSTATE 08006. */
export class BrokenHere extends Error {
  readonly code = '08006';
}

/** In a node: carries out one order at a time, once, on the very line of code that reaches the point. */
export class Breaker {
  #order: BreakOrder | undefined;
  #passed = 0;

  obey(order: BreakOrder): void {
    this.#order = order;
    this.#passed = 0;
  }

  /** How it will break there, if it will. */
  awaits(point: KillPoint): Breakage | undefined {
    return this.#order?.point === point ? this.#order.breakage : undefined;
  }

  /** @throws BrokenHere when it is told to */
  reach(point: KillPoint): void {
    const order = this.#order;
    if (order?.point !== point || this.#passed++ < order.after) return;
    this.#order = undefined;
    writeSync(process.stderr.fd, `${reachedLine(order.id)}\n`);
    if (order.breakage === 'throw') throw new BrokenHere(`broken at ${point}`);
    process.kill(process.pid, order.breakage === 'kill' ? 'SIGKILL' : 'SIGSTOP');
  }
}
