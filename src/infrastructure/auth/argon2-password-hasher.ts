import { hash, verify } from '@node-rs/argon2';
import type { PasswordHasher } from '#app/application/ports/password-hasher.ts';
import { hashingOverloaded } from '#app/domain/identity/identity-refusals.ts';
import type { Password } from '#app/domain/identity/password.ts';
import { BoundedWork } from '#app/application/bounded-work.ts';

const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const PRESENT = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$`;

/** Of a random password nobody knows, with the present parameters: an unknown name takes as long as a known one. */
const DUMMY = `${PRESENT}QSPMhlVR8vIS6k722/4KQg$7ZgTuYpfAIx4WxUumm0axKTB8VJvdvjR5Ixp2miwop4`;

// Hashes share the thread pool with DNS and files: two leave it room. The line is bounded by what one may wait for
// (64 hashes of some 20 ms on two threads are well below a second).
const AT_ONCE = 2;
const WAITING = 64;

/** argon2id as OWASP and ASVS 11.4.2 want it. */
export class Argon2PasswordHasher implements PasswordHasher {
  readonly #work: BoundedWork;

  constructor(limits: { atOnce: number; waiting: number } = { atOnce: AT_ONCE, waiting: WAITING }) {
    this.#work = new BoundedWork(limits.atOnce, limits.waiting, hashingOverloaded);
  }

  hash(password: Password): Promise<string> {
    return this.#work.run(() => hash(password, { memoryCost: MEMORY_KIB, timeCost: PASSES, parallelism: LANES }));
  }

  async verify(password: Password, passwordHash: string | undefined): Promise<boolean> {
    const right = await this.#work.run(() => verify(passwordHash ?? DUMMY, password));
    return right && passwordHash !== undefined;
  }

  outdated(passwordHash: string): boolean {
    return !passwordHash.startsWith(PRESENT);
  }
}
