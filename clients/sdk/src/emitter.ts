import { safely } from './report.ts';

/** Listeners by type of event, each called in the order in which they came; one that throws harms nobody. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<{ readonly hear: (event: never) => void }>>();

  on<T extends keyof Events>(type: T, hear: (event: Events[T]) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    const listener = { hear: hear as (event: never) => void };
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  listens(type: keyof Events): boolean {
    return (this.#listeners.get(type)?.size ?? 0) > 0;
  }

  emit<T extends keyof Events>(type: T, event: Events[T]): void {
    for (const { hear } of [...(this.#listeners.get(type) ?? [])]) safely(hear as (event: Events[T]) => void, event);
  }
}
