import type { UserId } from '#app/domain/shared/ids.ts';

/** When users were last there, kept for when they are not. */
export interface LastSeen {
  /** At most 1,000 at once. Never goes back; unknown users are left out. */
  note(seen: ReadonlyMap<UserId, Date>): Promise<void>;
  /** Of those who let it be seen and were ever there; the others are missing. At most 1,000 at once. */
  of(users: readonly UserId[]): Promise<ReadonlyMap<UserId, Date>>;
}
