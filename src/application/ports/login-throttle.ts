export type Attempt =
  | {
      readonly allowed: true;
      /** The password was right: ends the series of this account and address. Only the first call of either does something. */
      succeeded(): void;
      /** It could not be judged: takes back what was charged. */
      withdraw(): void;
    }
  /** Neither counted nor to be tried: the password must not be looked at. */
  | { readonly allowed: false; readonly retryAfterMs: number };

/**
 * Slows down guessing without ever locking an owner out. Each attempt is charged as a failure when it begins, so parallel
 * guesses gain nothing. Failures count per (account, address block), per address block, and, more patiently, per account over
 * all addresses; a block from which the account logged in lately is spared the last. The longer a series of failures the
 * longer the wait, up to a bound; a series is forgotten after a while of silence. Accounts that don't exist count alike.
 */
export interface LoginThrottle {
  /** `account` is any stable name, at most 300 characters; `address` is textual, IPv6 counts by /64. */
  attempt(account: string, address: string): Attempt | Promise<Attempt>;
}
