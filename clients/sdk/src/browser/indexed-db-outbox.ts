import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import { OUTBOX_ENTRIES, OutboxFull, tooMany } from '../outbox/outbox-full.ts';
import type { OutboxEntry, OutboxStorage } from '../outbox/outbox-storage.ts';

/**
 * Keeps entries in IndexedDB, shared by all tabs of an origin that give the same name. Writes are strict: resolved means
 * on the disk. A browser that is short of room, or whose user clears the site's data, may still drop all of it;
 * `navigator.storage.persist()` is the application's to ask for.
 */
export const indexedDbOutbox = (name = 'tertulia-outbox'): OutboxStorage => new IndexedDbOutbox(name);

interface Schema extends DBSchema {
  entries: { key: number; value: OutboxEntry; indexes: { id: string; userId: string } };
}
type Database = IDBPDatabase<Schema>;

class IndexedDbOutbox implements OutboxStorage {
  #database: Promise<Database> | undefined;
  #closed = false;
  /** Changes that are not on the disk yet. */
  readonly #under = new Set<Promise<unknown>>();
  /** Tells the others; it does not hear itself. */
  readonly #channel: BroadcastChannel | undefined;
  readonly #watchers = new Set<(userId: string) => void>();

  constructor(private readonly name: string) {
    if (typeof BroadcastChannel === 'undefined') return;
    this.#channel = new BroadcastChannel(`tertulia.outbox.1.${name}`);
    this.#channel.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === 'string') for (const tell of this.#watchers) tell(data);
    };
  }

  add(given: OutboxEntry): Promise<void> {
    const entry = structuredClone(given);
    return this.#change(async (database) => {
      const change = database.transaction('entries', 'readwrite', { durability: 'strict' });
      const known = await change.store.index('id').getKey(entry.id);
      if (known !== undefined) return undefined;
      if ((await change.store.index('userId').count(entry.userId)) >= OUTBOX_ENTRIES) throw tooMany();
      // The key that it gets is the greatest of all tabs: that is its place.
      await Promise.all([change.store.add(entry), change.done]);
      return entry.userId;
    });
  }

  update(given: OutboxEntry): Promise<void> {
    const entry = structuredClone(given);
    return this.#change(async (database) => {
      const change = database.transaction('entries', 'readwrite', { durability: 'strict' });
      const place = await change.store.index('id').getKey(entry.id);
      if (place === undefined) return undefined;
      await Promise.all([change.store.put(entry, place), change.done]);
      return entry.userId;
    });
  }

  remove(id: string): Promise<void> {
    return this.#change(async (database) => {
      // Not strict: what comes back after a power cut is sent again, and known to the server.
      const change = database.transaction('entries', 'readwrite');
      const cursor = await change.store.index('id').openCursor(id);
      if (!cursor) return undefined;
      const { userId } = cursor.value;
      await Promise.all([cursor.delete(), change.done]);
      return userId;
    });
  }

  async list(userId: string): Promise<readonly OutboxEntry[]> {
    // An index yields equal keys by their primary key: by place.
    return (await this.#open()).getAllFromIndex('entries', 'userId', userId);
  }

  clear(userId: string): Promise<void> {
    return this.#change(async (database) => {
      const change = database.transaction('entries', 'readwrite', { durability: 'strict' });
      const places = await change.store.index('userId').getAllKeys(userId);
      await Promise.all([...places.map((place) => change.store.delete(place)), change.done]);
      return places.length > 0 ? userId : undefined;
    });
  }

  watch(userId: string, changed: () => void): () => void {
    const tell = (whose: string) => whose === userId && changed();
    this.#watchers.add(tell);
    return () => this.#watchers.delete(tell);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#watchers.clear();
    await Promise.allSettled(this.#under);
    this.#channel?.close();
    (await this.#database?.catch(() => undefined))?.close();
  }

  /** `work` answers whose entries it has changed, if it has. */
  async #change(work: (database: Database) => Promise<string | undefined>): Promise<void> {
    const working = this.#open().then(work);
    this.#under.add(working);
    try {
      const userId = await working;
      if (userId !== undefined) this.#channel?.postMessage(userId);
    } catch (error) {
      if ((error as DOMException).name !== 'QuotaExceededError') throw error;
      throw new OutboxFull('this device has no room left for the site', { cause: error });
    } finally {
      this.#under.delete(working);
    }
  }

  #open(): Promise<Database> {
    if (this.#closed) return Promise.reject(new Error(`the outbox ${this.name} is closed`));
    this.#database ??= this.#opened().catch((error: unknown) => {
      this.#database = undefined;
      throw error;
    });
    return this.#database;
  }

  async #opened(): Promise<Database> {
    const again = () => (this.#database = undefined);
    const database = await openDB<Schema>(this.name, 1, {
      upgrade: (fresh) => {
        const entries = fresh.createObjectStore('entries', { autoIncrement: true });
        entries.createIndex('id', 'id', { unique: true });
        entries.createIndex('userId', 'userId');
      },
      // A newer build in another tab wants to change the schema, or the user cleared the site's data.
      blocking: () => (again(), database.close()),
      terminated: again,
    });
    return database;
  }
}
