import { safely } from '../report.ts';
import type { Observable } from '../views.ts';

/** Tells listeners that something changed: once, however much changed in this turn. */
export class Changes implements Observable {
  readonly #listeners = new Set<{ readonly hear: () => void }>();
  #due = false;

  subscribe(hear: () => void): () => void {
    const listener = { hear };
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(): void {
    if (this.#due || this.#listeners.size === 0) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      for (const listener of [...this.#listeners]) if (this.#listeners.has(listener)) safely(listener.hear);
    });
  }
}
