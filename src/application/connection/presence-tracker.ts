import { DeviceStatus, overDevices, PRESENCE_GRACE_MS } from '#app/domain/connection/presence.ts';
import type { ConnectionId, UserId } from '#app/domain/shared/ids.ts';
import type { Clock } from '../ports/clock.ts';
import type { EventBus } from '../ports/event-bus.ts';
import type { LastSeen } from '../ports/last-seen.ts';
import type { PresenceStore } from '../ports/presence-store.ts';
import type { Signals } from '../ports/signals.ts';
import type { Timers } from '../ports/timers.ts';

interface Present {
  readonly devices: Map<ConnectionId, DeviceStatus>;
  /** What the others are told. */
  status: DeviceStatus;
  /** When the last device left, by the monotonic clock; undefined while one is here. */
  left: number | undefined;
}

/** What changes meanwhile is told together. */
const TOLD_EVERY_MS = 100;
const AGAIN_MS = 1_000;
const USERS_PER_SIGNAL = 200;
const SEEN_AT_ONCE = 1_000;
const MOST_UNSEEN = 50_000;

export interface PresenceTrackerOptions {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly events: EventBus;
  /** The store, or the database, could not be told. */
  readonly onFault: (error: unknown) => void;
}

/** The users of this node: who is here, by which devices, and who has left for good, which takes a while to be sure of. */
export class PresenceTracker {
  readonly #users = new Map<UserId, Present>();
  readonly #connections = new Map<ConnectionId, UserId>();
  /** Whose last device left, and when by the monotonic clock; the first left first. */
  readonly #leaving = new Map<UserId, number>();
  #changed = new Set<UserId>();
  /** By the monotonic clock. */
  readonly #seen = new Map<UserId, number>();
  #cancel: (() => void) | undefined;
  #telling: Promise<void> | undefined;
  #closed = false;

  constructor(
    private readonly store: PresenceStore,
    private readonly lastSeen: LastSeen,
    private readonly signals: Signals,
    private readonly options: PresenceTrackerOptions,
  ) {}

  /** Of this node alone. Who left a moment ago counts. */
  statusOf(userId: UserId): DeviceStatus | undefined {
    return this.#users.get(userId)?.status;
  }

  arrived(id: ConnectionId, userId: UserId): void {
    const known = this.#users.get(userId);
    const present = known ?? { devices: new Map(), status: DeviceStatus.Online, left: undefined };
    this.#connections.set(id, userId);
    present.devices.set(id, DeviceStatus.Online);
    present.left = undefined;
    this.#leaving.delete(userId);
    if (known) return this.#judge(userId, known);
    this.#users.set(userId, present);
    this.#sawOne(userId, this.options.clock.monotonic());
    this.#tell(userId, DeviceStatus.Online);
  }

  /** What the client says of its device. Does nothing for a connection that is not here. */
  set(id: ConnectionId, status: DeviceStatus): void {
    const userId = this.#connections.get(id);
    const present = userId && this.#users.get(userId);
    if (!present) return;
    present.devices.set(id, status);
    this.#judge(userId, present);
  }

  left(id: ConnectionId): void {
    const userId = this.#connections.get(id);
    const present = userId && this.#users.get(userId);
    this.#connections.delete(id);
    if (!present) return;
    present.devices.delete(id);
    if (present.devices.size > 0) return this.#judge(userId, present);
    present.left = this.options.clock.monotonic();
    this.#leaving.set(userId, present.left);
  }

  /** Now and then: those who did not come back in time have left. */
  tick(): void {
    const now = this.options.clock.monotonic();
    for (const [userId, left] of this.#leaving) {
      if (now - left < PRESENCE_GRACE_MS) break;
      this.#leaving.delete(userId);
      const present = this.#users.get(userId);
      this.#users.delete(userId);
      if (present?.left !== undefined) this.#sawOne(userId, present.left);
      this.#tell(userId, undefined);
    }
  }

  /** Notes when those were seen last who are leaving. They come back to other nodes, or this node's word of them ends with its lease. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    await this.#telling;
    for (const [userId, { left }] of this.#users) this.#sawOne(userId, left ?? this.options.clock.monotonic());
    await this.#note();
  }

  #judge(userId: UserId, present: Present): void {
    const status = overDevices(present.devices.values());
    if (status === undefined || status === present.status) return;
    present.status = status;
    this.#tell(userId, status);
  }

  #sawOne(userId: UserId, at: number): void {
    this.#seen.set(userId, at);
    if (this.#seen.size > MOST_UNSEEN) this.#seen.delete(this.#seen.keys().next().value ?? userId);
  }

  #tell(userId: UserId, status: DeviceStatus | undefined): void {
    this.#changed.add(userId);
    this.options.events.publish({
      type: 'user.presence_changed',
      ...{ userId, status: status ?? 'offline', at: this.options.clock.now() },
    });
    this.#later(TOLD_EVERY_MS);
  }

  #later(ms: number): void {
    if (this.#closed || this.#telling) return;
    this.#cancel ??= this.options.timers.after(ms, () => {
      this.#cancel = undefined;
      this.#telling = this.#tellAll().then((again) => {
        this.#telling = undefined;
        if (again || this.#changed.size > 0) this.#later(again ? AGAIN_MS : TOLD_EVERY_MS);
      });
    });
  }

  /** First it is true, then it is said: whoever hears of it looks. Answers whether something is left to be done. */
  async #tellAll(): Promise<boolean> {
    const changed = [...this.#changed];
    this.#changed = new Set();
    const noted = this.#note();
    const set = (userId: UserId) => this.store.set(userId, this.statusOf(userId)).catch(this.options.onFault);
    await Promise.all(changed.map(set));
    const complete = await noted;
    for (let at = 0; at < changed.length; at += USERS_PER_SIGNAL)
      this.signals.send({ type: 'presence', users: changed.slice(at, at + USERS_PER_SIGNAL) });
    return !complete;
  }

  async #note(): Promise<boolean> {
    while (this.#seen.size > 0) {
      const some = [...this.#seen].slice(0, SEEN_AT_ONCE);
      const now = this.options.clock.monotonic();
      try {
        await this.lastSeen.note(new Map(some.map(([userId, at]) => [userId, now - at])));
      } catch (error) {
        this.options.onFault(error);
        return false;
      }
      for (const [userId, at] of some) if (this.#seen.get(userId) === at) this.#seen.delete(userId);
    }
    return true;
  }
}
