import type { LinkListener } from './link.ts';

/** Who hears of a link, in the order in which they came. */
export class Listeners {
  readonly #all = new Set<{ readonly listener: LinkListener }>();

  constructor(private readonly report: (error: unknown) => void) {}

  /** Returns how to leave. Who comes twice hears twice. */
  add(listener: LinkListener): () => void {
    const entry = { listener };
    this.#all.add(entry);
    return () => this.#all.delete(entry);
  }

  /** What one throws is reported and harms nobody. */
  tell(say: (listener: LinkListener) => void): void {
    for (const entry of [...this.#all]) {
      // left meanwhile
      if (!this.#all.has(entry)) continue;
      try {
        say(entry.listener);
      } catch (error) {
        this.report(error);
      }
    }
  }
}
