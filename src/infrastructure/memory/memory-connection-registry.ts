import type { ConnectionRegistry, RegisteredConnection } from '#app/application/ports/connection-registry.ts';
import type { ConnectionId, UserId } from '#app/domain/shared/ids.ts';

/** The connections of a node that is alone. */
export class MemoryConnectionRegistry implements ConnectionRegistry {
  readonly #connections = new Map<ConnectionId, RegisteredConnection>();
  /** Most users have one: a list is made for those who have more. */
  readonly #byUser = new Map<UserId, RegisteredConnection | readonly RegisteredConnection[]>();

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
    this.#keep(connection.userId, [...this.#of(connection.userId), connection]);
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
    return Promise.resolve(this.#of(userId).toSorted(oldestFirst));
  }

  #of(userId: UserId): readonly RegisteredConnection[] {
    return [this.#byUser.get(userId) ?? []].flat();
  }

  #keep(userId: UserId, theirs: readonly RegisteredConnection[]): void {
    const [first] = theirs;
    if (!first) this.#byUser.delete(userId);
    else this.#byUser.set(userId, theirs.length === 1 ? first : theirs);
  }

  #forget(id: ConnectionId): boolean {
    const known = this.#connections.get(id);
    if (!known) return false;
    this.#connections.delete(id);
    this.#keep(
      known.userId,
      this.#of(known.userId).filter((other) => other.id !== id),
    );
    return true;
  }
}

export const oldestFirst = (one: RegisteredConnection, other: RegisteredConnection): number =>
  one.openedAt - other.openedAt || (one.id < other.id ? -1 : 1);
