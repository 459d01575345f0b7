import type { Password } from '#app/domain/identity/password.ts';

/**
 * Slow on purpose, and bounded: few run at once, a bounded number wait their turn in order.
 * Every method @throws Refusal `unavailable` at once when the line is full.
 */
export interface PasswordHasher {
  /** Another hash each time, with a salt of its own. */
  hash(password: Password): Promise<string>;
  /** Without a hash (no such account) it takes as long and says no. */
  verify(password: Password, hash: string | undefined): Promise<boolean>;
  /** Whether `hash` was made with other parameters than are used now. */
  outdated(hash: string): boolean;
}
