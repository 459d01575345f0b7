import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from './chaos-cluster.ts';

/** `machine` is what all of them share. */
export type Part = 'node' | 'postgres' | 'redis' | 'haproxy' | 'clients' | 'machine';

/** What a goal is for: the first ack of anything, a message from each node to each node, or one to every client of the SDK. */
export type Recovering = 'ack' | 'across' | 'clients';

/** A way in which a part of the cluster breaks, and is whole again when `inject` resolves. */
export interface FaultKind {
  readonly name: string;
  readonly part: Part;
  /** How long it lasts, at least and at most. */
  readonly ms: readonly [number, number];
  /** Milliseconds from its end. */
  readonly goal: readonly [of: Recovering, ms: number];
  /** How often it is in the deck; once when absent. */
  readonly weight?: number;
  /** Never together with another: it needs the rest to work. */
  readonly alone?: boolean;
  /** @param node the one that it happens to, where it happens to one */
  inject(cluster: Cluster, ms: number, node: number): Promise<void>;
}

/** Again and again for so long. */
export const over = async (ms: number, everyMs: number, act: () => Promise<unknown>): Promise<void> => {
  for (const until = performance.now() + ms; performance.now() < until; await pause(everyMs)) await act();
};

/** Whole again also when what was done meanwhile throws. */
export const during = async (ms: number, heal: () => unknown): Promise<void> => {
  try {
    await pause(ms);
  } finally {
    await heal();
  }
};
