import { createHash } from 'node:crypto';
import type { Random } from '#app/application/ports/random.ts';
import type { SecretHash, SecretKind, Secrets } from '#app/application/ports/secrets.ts';

const SECRET_BYTES = 32;

/** A fast hash is enough: with 256 bits of chance there is nothing to guess. */
export class Sha256Secrets implements Secrets {
  constructor(private readonly random: Random) {}

  mint(kind: SecretKind): { readonly secret: string; readonly hash: SecretHash } {
    const secret = kind + Buffer.from(this.random.bytes(SECRET_BYTES)).toString('base64url');
    return { secret, hash: this.hash(secret) };
  }

  hash(secret: string): SecretHash {
    // The constructor of the brand: only here do bytes become a SecretHash.
    return createHash('sha256').update(secret, 'utf8').digest() as Uint8Array as SecretHash;
  }
}
