import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import type { Random } from '#app/application/ports/random.ts';

export class CryptoRandom implements Random {
  bytes(length: number): Uint8Array {
    return randomBytes(length);
  }

  uuid(): string {
    return v7();
  }
}
