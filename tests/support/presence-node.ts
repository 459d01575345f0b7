import { v7 } from 'uuid';
import { PresenceTracker } from '#app/application/connection/presence-tracker.ts';
import { PresenceWatch, type Shown } from '#app/application/connection/presence-watch.ts';
import type { Acquaintances } from '#app/application/ports/acquaintances.ts';
import type { LastSeen } from '#app/application/ports/last-seen.ts';
import type { PresenceStore } from '#app/application/ports/presence-store.ts';
import { Repeating } from '#app/application/repeating.ts';
import { ConnectionId, UserId } from '#app/domain/shared/ids.ts';
import { InProcessPresence } from '#app/infrastructure/memory/in-process-presence.ts';
import { InProcessSignals } from '#app/infrastructure/memory/in-process-signals.ts';
import { RecordingBus } from './identity.ts';
import { PassingTime } from './passing-time.ts';

/** The presence of one node, with everybody acquainted who is not said to be a stranger. */
export class PresenceNode {
  readonly time = new PassingTime();
  readonly faults: unknown[] = [];
  readonly frames = new Map<ConnectionId, (readonly Shown[])[]>();
  readonly strangers = new Set<string>();
  readonly seen = new Map<UserId, Date>();
  readonly bus = new RecordingBus();
  busy = false;
  failing = false;
  looks: (() => void)[] = [];
  #connections = 0;

  readonly signals = new InProcessSignals(
    (error) => this.faults.push(error),
    () => {},
  );
  readonly #kept = new InProcessPresence();
  readonly store: PresenceStore = {
    set: (userId, status) => this.#whole(() => this.#kept.set(userId, status)),
    read: (users) => this.#whole(() => this.#kept.read(users)),
    onUpset: (look) => this.looks.push(look),
  };
  readonly acquaintances: Acquaintances = {
    of: (userId, others) =>
      this.#whole(
        async () => new Set(others.filter((one) => one !== userId && !this.strangers.has(pair(userId, one)))),
      ),
    silenced: async () => false,
  };
  readonly lastSeen: LastSeen = {
    note: (agoMs) =>
      this.#whole(async () =>
        agoMs.forEach((ms, userId) => this.seen.set(userId, new Date(this.time.clock.now() - ms))),
      ),
    of: (users) =>
      this.#whole(
        async () => new Map([...this.seen].filter(([userId]) => users.includes(userId) && !this.strangers.has(userId))),
      ),
  };
  readonly tracker = new PresenceTracker(this.store, this.lastSeen, this.signals, {
    ...{ clock: this.time.clock, timers: this.time.timers, events: this.bus },
    onFault: (error) => this.faults.push(error),
  });
  readonly watch = new PresenceWatch(this.store, this.acquaintances, this.lastSeen, this.signals, {
    tell: (id, changed) => this.frames.set(id, [...(this.frames.get(id) ?? []), changed]),
    here: (userId) => this.tracker.statusOf(userId),
    busy: () => this.busy,
    onFault: (error) => this.faults.push(error),
  });
  readonly rounds = new Repeating(
    this.time.timers,
    1_000,
    async () => {
      this.tracker.tick();
      await this.watch.round();
    },
    (error) => this.faults.push(error),
  );

  aUser(): UserId {
    return UserId(v7());
  }

  arrive(userId: UserId): ConnectionId {
    const id = ConnectionId(`node-${++this.#connections}`);
    this.tracker.arrived(id, userId);
    return id;
  }

  leave(id: ConnectionId): void {
    this.tracker.left(id);
    this.watch.leave(id);
  }

  /** What the connection was told of the user, one after another. */
  toldOf(id: ConnectionId, userId: UserId): readonly string[] {
    return (this.frames.get(id) ?? []).flat().flatMap((shown) => (shown.userId === userId ? [shown.status] : []));
  }

  #whole<T>(work: () => Promise<T>): Promise<T> {
    return this.failing ? Promise.reject(new Error('away')) : work();
  }
}

export const pair = (one: UserId, other: UserId): string => [one, other].toSorted().join();
