import type { Clock } from '#app/application/ports/clock.ts';
import { NODE_LEASE_MS, type NodeDirectory } from '#app/application/ports/node-directory.ts';

/** The nodes of one process: one, unless a test has several. */
export class MemoryNodeDirectory implements NodeDirectory {
  constructor(
    private readonly incarnation: string,
    private readonly clock: Clock,
    /** By incarnation, the monotonic time of the last beat; shared between the nodes that know of each other. */
    private readonly beats = new Map<string, number>(),
  ) {}

  beat(): Promise<readonly string[]> {
    const now = this.clock.monotonic();
    this.beats.set(this.incarnation, now);
    for (const [node, at] of this.beats) if (now - at >= NODE_LEASE_MS) this.beats.delete(node);
    return Promise.resolve([...this.beats.keys()].filter((node) => node !== this.incarnation).toSorted());
  }

  leave(): Promise<void> {
    this.beats.delete(this.incarnation);
    return Promise.resolve();
  }
}
