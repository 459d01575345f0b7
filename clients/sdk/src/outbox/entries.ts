import { OUTBOX_ENTRIES, tooMany } from './outbox-full.ts';
import type { OutboxEntry } from './outbox-storage.ts';

type OfUser = ReadonlyMap<string, OutboxEntry>;

/** Entries in the order in which they were added; copies, so that nobody changes them from outside. */
export const newEntries = () => {
  const users = new Map<string, Map<string, OutboxEntry>>();
  const holding = (id: string) => [...users.values()].find((entries) => entries.has(id));
  return {
    /** By user, by id. */
    users: users as ReadonlyMap<string, OfUser>,
    holding: holding as (id: string) => OfUser | undefined,
    /** @throws OutboxFull */
    add: (entry: OutboxEntry): void => {
      if (holding(entry.id)) return;
      const entries = users.get(entry.userId) ?? new Map<string, OutboxEntry>();
      if (entries.size >= OUTBOX_ENTRIES) throw tooMany();
      users.set(entry.userId, entries.set(entry.id, structuredClone(entry)));
    },
    update: (entry: OutboxEntry): void => {
      holding(entry.id)?.set(entry.id, structuredClone(entry));
    },
    remove: (id: string): void => {
      holding(id)?.delete(id);
    },
    list: (userId: string): readonly OutboxEntry[] => structuredClone([...(users.get(userId)?.values() ?? [])]),
    clear: (userId: string): void => {
      users.delete(userId);
    },
  };
};

export type Entries = ReturnType<typeof newEntries>;
