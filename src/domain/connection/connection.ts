import type { ApiKeyId, ConnectionId, SessionId, UserId } from '../shared/ids.ts';
import type { ConnectionStateChanged } from './connection-events.ts';
import type { DeviceInfo } from './device-info.ts';

export const ConnectionState = {
  New: 'new',
  Authenticated: 'authenticated',
  Lagging: 'lagging',
  Draining: 'draining',
  Closed: 'closed',
} as const;
export type ConnectionState = (typeof ConnectionState)[keyof typeof ConnectionState];

const next: Record<ConnectionState, readonly ConnectionState[]> = {
  new: ['authenticated', 'draining', 'closed'],
  authenticated: ['lagging', 'draining', 'closed'],
  lagging: ['authenticated', 'draining', 'closed'],
  draining: ['closed'],
  closed: [],
};

/** Who speaks on a connection, once proven. */
export interface Identity {
  readonly userId: UserId;
  readonly sessionId: SessionId | undefined;
  readonly apiKeyId: ApiKeyId | undefined;
  /** When the token ends, epoch milliseconds; the connection must renew it before. Undefined: never. */
  readonly expiresAt: number | undefined;
  readonly device: DeviceInfo | undefined;
}

/** One socket of one user on one device on one node. */
export class Connection {
  #state: ConnectionState = ConnectionState.New;
  #identity: Identity | undefined;

  constructor(
    readonly id: ConnectionId,
    readonly address: string,
  ) {}

  get state(): ConnectionState {
    return this.#state;
  }

  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** First proof or a renewal. Another user on the same connection is refused by whoever asks (`sameUser`). */
  identify(identity: Identity, at: number): ConnectionStateChanged | undefined {
    this.#identity = identity;
    return this.#state === ConnectionState.New ? this.move(ConnectionState.Authenticated, at) : undefined;
  }

  sameUser(userId: UserId): boolean {
    return this.#identity === undefined || this.#identity.userId === userId;
  }

  /** What changed, or undefined when the state is that already or can't be reached from here. */
  move(to: ConnectionState, at: number): ConnectionStateChanged | undefined {
    const from = this.#state;
    if (!next[from].includes(to)) return undefined;
    this.#state = to;
    return { type: 'connection.changed', connectionId: this.id, at, from, to };
  }
}
