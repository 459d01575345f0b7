import { createHmac } from 'node:crypto';

/** A secret of ours with the name under which tokens point at it. */
export interface SigningKey {
  readonly kid: string;
  readonly key: Uint8Array;
}

/** The name says nothing of the secret: it is keyed by it. */
export const signingKey = (secret: string): SigningKey => ({
  kid: createHmac('sha256', secret).update('tertulia signing key').digest('hex').slice(0, 16),
  key: new TextEncoder().encode(secret),
});
