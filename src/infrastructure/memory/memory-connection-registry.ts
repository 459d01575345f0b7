import type { ConnectionRegistry, RegisteredConnection } from '#app/application/ports/connection-registry.ts';
import type { ConnectionId, UserId } from '#app/domain/shared/ids.ts';

/** The connections of a node that is alone. */
export class MemoryConnectionRegistry implements ConnectionRegistry {
  readonly #connections = new Map<ConnectionId, RegisteredConnection>();
  readonly #byUser = new Map<UserId, Map<ConnectionId, RegisteredConnection>>();

  get size(): number {
    return this.#connections.size;
  }

  async *all(): AsyncIterable<RegisteredConnection> {
    yield* this.#connections.values();
  }

  exist(id: ConnectionId): Promise<boolean> {
    return Promise.resolve(this.#connections.has(id));
  }

  insert(connection: RegisteredConnection): Promise<void> {
    this.#forget(connection.id);
    this.#connections.set(connection.id, connection);
    const theirs = this.#byUser.get(connection.userId) ?? new Map<ConnectionId, RegisteredConnection>();
    this.#byUser.set(connection.userId, theirs.set(connection.id, connection));
    return Promise.resolve();
  }

  async update(connection: RegisteredConnection): Promise<boolean> {
    if (!this.#connections.has(connection.id)) return false;
    await this.insert(connection);
    return true;
  }

  remove(id: ConnectionId): Promise<boolean> {
    return Promise.resolve(this.#forget(id));
  }

  ofUser(userId: UserId): Promise<readonly RegisteredConnection[]> {
    return Promise.resolve([...(this.#byUser.get(userId)?.values() ?? [])].toSorted(oldestFirst));
  }

  #forget(id: ConnectionId): boolean {
    const known = this.#connections.get(id);
    if (!known) return false;
    this.#connections.delete(id);
    const theirs = this.#byUser.get(known.userId);
    theirs?.delete(id);
    if (theirs?.size === 0) this.#byUser.delete(known.userId);
    return true;
  }
}

export const oldestFirst = (one: RegisteredConnection, other: RegisteredConnection): number =>
  one.openedAt - other.openedAt || (one.id < other.id ? -1 : 1);
