import type { PresenceStore } from '#app/application/ports/presence-store.ts';
import type { DeviceStatus } from '#app/domain/connection/presence.ts';
import type { UserId } from '#app/domain/shared/ids.ts';

/** The presence of a node that is alone: as much as its users. */
export class InProcessPresence implements PresenceStore {
  readonly #users = new Map<UserId, DeviceStatus>();

  set(userId: UserId, status: DeviceStatus | undefined): Promise<void> {
    if (status) this.#users.set(userId, status);
    else this.#users.delete(userId);
    return Promise.resolve();
  }

  read(users: readonly UserId[]): Promise<ReadonlyMap<UserId, DeviceStatus>> {
    const found = new Map<UserId, DeviceStatus>();
    for (const userId of users) {
      const status = this.#users.get(userId);
      if (status) found.set(userId, status);
    }
    return Promise.resolve(found);
  }

  /** Nothing changes here without a word. */
  onUpset(): void {}
}
