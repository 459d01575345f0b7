import type { LastSeen } from '#app/application/ports/last-seen.ts';
import type { UserId } from '#app/domain/shared/ids.ts';
import type { IdentityMemory } from './identity-memory.ts';

export class InMemoryLastSeen implements LastSeen {
  readonly #seen = new Map<UserId, Date>();

  constructor(private readonly memory: IdentityMemory) {}

  note(agoMs: ReadonlyMap<UserId, number>): Promise<void> {
    const now = this.memory.now().getTime();
    for (const [userId, ms] of agoMs) {
      const at = new Date(now - ms);
      const known = this.#seen.get(userId);
      if (this.memory.users.has(userId) && (known === undefined || known < at)) this.#seen.set(userId, at);
    }
    return Promise.resolve();
  }

  of(users: readonly UserId[]): Promise<ReadonlyMap<UserId, Date>> {
    const shown = new Map<UserId, Date>();
    for (const userId of users) {
      const at = this.#seen.get(userId);
      if (at && this.memory.users.get(userId)?.lastSeenVisible) shown.set(userId, at);
    }
    return Promise.resolve(shown);
  }
}
