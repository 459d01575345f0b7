import { newEntries } from './entries.ts';
import type { OutboxStorage } from './outbox-storage.ts';

/** Keeps entries as long as the process lives. `close` lets nothing go: the next client may go on with it. */
export const memoryOutbox = (): OutboxStorage => {
  const entries = newEntries();
  return {
    add: async (entry) => entries.add(entry),
    update: async (entry) => entries.update(entry),
    remove: async (id) => entries.remove(id),
    list: async (userId) => entries.list(userId),
    clear: async (userId) => entries.clear(userId),
    close: async () => {},
  };
};
