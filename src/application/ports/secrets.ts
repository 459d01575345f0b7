import type { Brand } from '#app/domain/shared/brand.ts';

/** SHA-256 of a secret with at least 128 bits of chance in it; what is stored, so that a stolen table opens nothing. */
export type SecretHash = Brand<Uint8Array, 'SecretHash'>;

/** `tr_` renews a session, `tk_` is an API key: tells apart, also for scanners of leaked secrets. */
export type SecretKind = 'tr_' | 'tk_';

/** Opaque bearer secrets. */
export interface Secrets {
  /** A new one of 256 bits, in characters that need no escaping anywhere. Shown once, never stored. */
  mint(kind: SecretKind): { readonly secret: string; readonly hash: SecretHash };
  /** The same for the same text, whatever the text. Costs little and its time tells nothing. */
  hash(secret: string): SecretHash;
}
