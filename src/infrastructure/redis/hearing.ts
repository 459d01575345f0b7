/** What was heard last of one node on one channel. */
interface Heard {
  number: number;
  /** Monotonic milliseconds. */
  at: number;
}

const MOST_NODES = 1_000;
const FORGOTTEN_MS = 60_000;

/**
 * Who is heard, and whether something of theirs is missing. A node numbers what it publishes, per channel, without a hole;
 * so whatever swallows a message, the next one tells.
 */
export class Hearing {
  readonly #nodes = new Map<string, Map<string, Heard>>();
  #heardLately: ReadonlySet<string> = new Set();

  constructor(private readonly channels: readonly string[]) {}

  /** Answers false when something may be missing before it: a number was skipped, or the node was not known. */
  note(node: string, channel: string, number: number, now: number): boolean {
    const known = this.#nodes.get(node);
    const heard = known?.get(channel);
    if (!heard) {
      this.#learn(node).set(channel, { number, at: now });
      return false;
    }
    const next = number <= heard.number + 1;
    heard.number = Math.max(heard.number, number);
    heard.at = now;
    return next;
  }

  /** The greatest number that was heard of the node on the channel; 0 when there is none. */
  last(node: string, channel: string): number {
    return this.#nodes.get(node)?.get(channel)?.number ?? 0;
  }

  /** Whether the node was heard on all channels within so many milliseconds. */
  within(node: string, ms: number, now: number): boolean {
    const heard = this.#nodes.get(node);
    return heard !== undefined && this.channels.every((channel) => now - (heard.get(channel)?.at ?? -Infinity) <= ms);
  }

  /** Whether there is one that was heard before the last call, and is not any more. */
  fellSilent(ms: number, now: number): boolean {
    const before = this.#heardLately;
    this.#heardLately = new Set([...this.#nodes.keys()].filter((node) => this.within(node, ms, now)));
    for (const node of before) if (!this.#heardLately.has(node)) return true;
    return false;
  }

  /** Those that ended long ago come back, if ever, as unknown ones. */
  forget(now: number): void {
    for (const [node, channels] of this.#nodes)
      if ([...channels.values()].every(({ at }) => now - at > FORGOTTEN_MS)) this.#nodes.delete(node);
  }

  #learn(node: string): Map<string, Heard> {
    const known = this.#nodes.get(node);
    if (known) return known;
    const learned = new Map<string, Heard>();
    this.#nodes.set(node, learned);
    if (this.#nodes.size > MOST_NODES) this.#nodes.delete(this.#nodes.keys().next().value ?? node);
    return learned;
  }
}
