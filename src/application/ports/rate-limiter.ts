/** What a request costs is counted by class, so that a burst of one kind does not starve another. */
export const LimitClass = {
  /** Opening sockets, per address. */
  handshake: 'handshake',
  /** Anything that tries a password or makes an account, per address. */
  login: 'login',
  /** Renewing tokens, per address. */
  refresh: 'refresh',
  /** Sending messages, per user. */
  send: 'send',
  /** Catching up, per user. */
  sync: 'sync',
  /** Reading, per user. */
  read: 'read',
  /** Any other durable change, per user. */
  write: 'write',
  /** Typing, focus, cursors: shed first, per user. */
  signal: 'signal',
} as const;
export type LimitClass = (typeof LimitClass)[keyof typeof LimitClass];

export type Taken = { readonly allowed: true } | { readonly allowed: false; readonly retryAfterMs: number };

/**
 * Token buckets, one per (class, key): a key starts with a full burst and is refilled at the class's rate.
 * A refused call takes nothing, so waiting `retryAfterMs` (at least 1) is enough for the same call to be allowed if
 * nobody else takes meanwhile. A cost above the burst can never be allowed: it is judged as if it were the burst.
 * The number of keys remembered is bounded; past the bound, those used longest ago are forgotten (they start full again).
 * Of several nodes that share it one may not have heard yet what a key took at another: then the key gets a part of a burst
 * more, once, but for `login` and `refresh`, which are counted together before they are allowed.
 * A value, not a throw, for this is the hot path; the in-process adapter answers synchronously.
 */
export interface RateLimiter {
  /** `cost` is 1 when absent. */
  take(kind: LimitClass, key: string, cost?: number): Taken | Promise<Taken>;
}
