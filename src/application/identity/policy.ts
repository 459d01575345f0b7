/** What an operator decides about accounts. */
export interface IdentityPolicy {
  readonly allowRegistration: boolean;
  readonly allowGuests: boolean;
  /** How long a session lives without being renewed. */
  readonly refreshTtlMs: number;
  readonly sessionsPerUser: number;
  readonly apiKeysPerUser: number;
}
