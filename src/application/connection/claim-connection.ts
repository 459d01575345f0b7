import { Refusal } from '#app/domain/shared/domain-error.ts';
import type { ConnectionId } from '#app/domain/shared/ids.ts';
import type { ConnectionRegistry, RegisteredConnection } from '../ports/connection-registry.ts';
import type { UseCase } from '../use-case.ts';

export interface ClaimOptions {
  readonly mostPerUser: number;
  /** Whether the oldest make room; else the newest are refused. */
  readonly evictOldest: boolean;
  /** Whether the registry is likely to answer soon. */
  readonly reachable: () => boolean;
  /** Closes a connection, on whichever node it is. */
  readonly evict: (id: ConnectionId) => void;
  /** The registry could not be asked. */
  readonly onAway: (error: unknown) => void;
}

/**
 * Registers a connection and holds its user to a number of them, on all nodes together. First it is written, then they
 * are counted: of many that come at once each sees the others, and all agree on which are too many. While the registry is
 * away nobody waits for it, and each node counts its own.
 */
export class ClaimConnection implements UseCase<RegisteredConnection, void> {
  constructor(
    private readonly registry: ConnectionRegistry,
    private readonly options: ClaimOptions,
  ) {}

  /** @throws Refusal `rate_limited` when it is one too many; whoever closes it then takes it out of the registry */
  async execute(connection: RegisteredConnection): Promise<void> {
    const { mostPerUser, evictOldest, evict } = this.options;
    const theirs = await this.#written(connection);
    if (evictOldest) for (const { id } of theirs.slice(0, Math.max(0, theirs.length - mostPerUser))) evict(id);
    else if (theirs.slice(mostPerUser).some(({ id }) => id === connection.id)) throw tooManyConnections(mostPerUser);
  }

  async #written(connection: RegisteredConnection): Promise<readonly RegisteredConnection[]> {
    const { reachable, onAway } = this.options;
    try {
      const written = this.registry.insert(connection);
      if (reachable()) return (await Promise.all([this.registry.ofUser(connection.userId), written]))[0];
      written.catch(onAway);
    } catch (error) {
      onAway(error);
    }
    return [];
  }
}

export const tooManyConnections = (most: number) =>
  new Refusal('rate_limited', 'sockets_per_user', `at most ${most} connections at once`);
