import { OUTBOX_ENTRIES, tooMany } from './outbox-full.ts';
import type { OutboxEntry } from './outbox-storage.ts';

/** Entries in the order in which they were added; copies, so that nobody changes them from outside. */
export class Entries {
  readonly #users = new Map<string, Map<string, OutboxEntry>>();

  get size(): number {
    return [...this.#users.values()].reduce((sum, entries) => sum + entries.size, 0);
  }

  has(id: string): boolean {
    return this.#holding(id) !== undefined;
  }

  count(userId: string): number {
    return this.#users.get(userId)?.size ?? 0;
  }

  /** @throws OutboxFull */
  add(entry: OutboxEntry): void {
    if (this.has(entry.id)) return;
    const entries = this.#users.get(entry.userId) ?? new Map<string, OutboxEntry>();
    if (entries.size >= OUTBOX_ENTRIES) throw tooMany();
    this.#users.set(entry.userId, entries.set(entry.id, structuredClone(entry)));
  }

  update(entry: OutboxEntry): void {
    const entries = this.#holding(entry.id);
    if (entries) entries.set(entry.id, structuredClone(entry));
  }

  remove(id: string): void {
    this.#holding(id)?.delete(id);
  }

  list(userId: string): readonly OutboxEntry[] {
    return structuredClone([...(this.#users.get(userId)?.values() ?? [])]);
  }

  clear(userId: string): void {
    this.#users.delete(userId);
  }

  *[Symbol.iterator](): Iterator<OutboxEntry> {
    for (const entries of this.#users.values()) yield* entries.values();
  }

  #holding(id: string): Map<string, OutboxEntry> | undefined {
    for (const entries of this.#users.values()) if (entries.has(id)) return entries;
    return undefined;
  }
}
