import type { UserId } from '#app/domain/shared/ids.ts';

/** When users were last there, kept for when they are not. */
export interface LastSeen {
  /**
   * How many milliseconds ago each was seen: when that was, the clock of the store says, for those of nodes differ. At most
   * 1,000 at once. Never goes back; unknown users are left out.
   */
  note(agoMs: ReadonlyMap<UserId, number>): Promise<void>;
  /** Of those who let it be seen and were ever there; the others are missing. At most 1,000 at once. */
  of(users: readonly UserId[]): Promise<ReadonlyMap<UserId, Date>>;
}
